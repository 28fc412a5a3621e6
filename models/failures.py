"""What an operation says when its input cannot give a result."""


class CannotDo(ValueError):
    """The input is at fault, so that trying again would change nothing.

    Attributes:
        code: a stable word for programs, such as `no_product_found`.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
