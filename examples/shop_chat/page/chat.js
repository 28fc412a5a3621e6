// Whatever is written or answered is put in as text: nothing of it becomes markup.
const photo = document.getElementById("photo");
const talk = document.getElementById("talk");
const say = document.getElementById("say");
const wish = document.getElementById("wish");
const button = say.querySelector("button");
let picture = null;

function add(text, kind) {
  const line = document.createElement("div");
  line.className = kind;
  line.textContent = text;
  talk.append(line);
  line.scrollIntoView({ block: "end" });
  return line;
}

function addPicture(line, url, alt) {
  const image = document.createElement("img");
  image.alt = alt;
  image.src = url;
  line.append(image);
}

function addWords(line, words) {
  const list = document.createElement("dl");
  for (const one of words) {
    const kind = document.createElement("dt");
    const said = document.createElement("dd");
    kind.textContent = one.kind;
    said.textContent = one.said;
    list.append(kind, said);
  }
  line.append(list);
}

async function ask(path, options) {
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

function open(isOpen) {
  wish.disabled = button.disabled = !isOpen;
  if (isOpen) wish.focus();
}

async function ended(job) {
  for (;;) {
    const told = await ask(`jobs/${job}/state`);
    if (!["queued", "running"].includes(told.state)) return told;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

photo.addEventListener("change", async () => {
  const [file] = photo.files;
  if (!file) return;
  open(false);
  try {
    const form = new FormData();
    form.append("picture", file);
    picture = (await ask("pictures", { method: "POST", body: form })).picture;
    addPicture(add("", "mine"), URL.createObjectURL(file), "Your picture");
    open(true);
  } catch (error) {
    add(error.message, "ours");
  }
});

say.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = wish.value;
  wish.value = "";
  add(text, "mine");
  open(false);
  try {
    const body = JSON.stringify({ picture, wish: text });
    const headers = { "Content-Type": "application/json" };
    const told = await ask("wishes", { method: "POST", headers, body });
    const line = add(told.text, "ours");
    if (told.words) addWords(line, told.words);
    let result = told.result;
    if (told.job) {
      const job = await ended(told.job);
      result = job.result;
      if (!result) add(job.why ?? `The job was ${job.state}.`, "ours");
    }
    if (result) addPicture(add(told.job ? "Made:" : "There is one:", "ours"), `results/${result}/picture`, text);
  } catch (error) {
    add(error.message, "ours");
  }
  open(true);
});
