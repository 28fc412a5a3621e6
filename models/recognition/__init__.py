"""What pictures show and which are alike: told in numbers and words, no picture is made."""
