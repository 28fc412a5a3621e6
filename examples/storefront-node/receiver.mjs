// A receiver of Packshot's webhooks in Node, without any package: verifies a message by Standard
// Webhooks 1.0, then fetches the job's pictures into a folder as SKU.FORMAT.
//
//   PACKSHOT_URL=http://127.0.0.1:8700 PACKSHOT_KEY=psk_… WEBHOOK_SECRET=whsec_… node receiver.mjs

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const LARGEST_BYTES = 64 * 1024;
const TOLERANCE_S = 300;
const SKU = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export class InvalidWebhook extends Error {}

/** What a message says, once its signature and its time are right; `body` is a Buffer as it came. */
export function verifyWebhook(body, headers, secret, nowS = Date.now() / 1000) {
  const id = headers["webhook-id"];
  const sentAt = headers["webhook-timestamp"];
  const given = headers["webhook-signature"];
  if (!id || !given || !/^\d{1,12}$/.test(sentAt ?? "")) {
    throw new InvalidWebhook("no signature that can be read");
  }
  if (Math.abs(nowS - Number(sentAt)) > TOLERANCE_S) {
    throw new InvalidWebhook("it was signed at another time");
  }
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const right = createHmac("sha256", key).update(`${id}.${sentAt}.`).update(body).digest();
  const isRight = given.split(" ").some((one) => {
    const [version, signature] = one.split(",", 2);
    const bytes = Buffer.from(signature ?? "", "base64");
    return version === "v1" && bytes.length === right.length && timingSafeEqual(bytes, right);
  });
  if (!isRight) {
    throw new InvalidWebhook("no signature is right");
  }
  return JSON.parse(body.toString("utf8"));
}

/** The body of a request, of a stranger until it is verified. */
async function small(request) {
  const pieces = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size > LARGEST_BYTES) {
      throw new InvalidWebhook("no webhook is so long");
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** A job's published picture, written whole; twice is as once. */
async function fetchPicture(job, { url, key, folder }) {
  const result = job.results.find((one) => one.visibility === "published");
  if (!result || !SKU.test(job.sku ?? "")) {
    return null;
  }
  const headers = { Authorization: `Bearer ${key}` };
  const answer = await fetch(`${url}/v1/results/${result.id}/content`, { headers });
  if (!answer.ok) {
    throw new Error(`the picture is answered with ${answer.status}`);
  }
  const format = (answer.headers.get("content-type") ?? "").match(/^image\/([a-z]+)/)?.[1] ?? "bin";
  const path = join(folder, `${job.sku}.${format}`);
  const unfinished = join(folder, `.${randomBytes(8).toString("hex")}`);
  await writeFile(unfinished, Buffer.from(await answer.arrayBuffer()));
  await rename(unfinished, path);
  return path;
}

/** A server that answers POST /told. */
export function receiver(settings) {
  return createServer(async (request, response) => {
    const end = (status, text = "") => response.writeHead(status).end(text);
    if (request.method !== "POST" || request.url !== "/told") {
      return end(404);
    }
    try {
      const message = verifyWebhook(await small(request), request.headers, settings.secret);
      // Before the answer: if it fails, the answer is no 2xx, and the message comes again.
      const path =
        message.type === "job.succeeded" ? await fetchPicture(message.data, settings) : null;
      console.log(JSON.stringify({ type: message.type, job: message.data?.job_id, path }));
      return end(204);
    } catch (error) {
      console.error(error.message);
      return end(error instanceof InvalidWebhook ? 401 : 503, error.message);
    }
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { PACKSHOT_URL, PACKSHOT_KEY, WEBHOOK_SECRET, PORT = "8801", FOLDER = "pictures" } =
    process.env;
  if (!PACKSHOT_URL || !PACKSHOT_KEY || !WEBHOOK_SECRET) {
    console.error("set PACKSHOT_URL, PACKSHOT_KEY and WEBHOOK_SECRET");
    process.exit(2);
  }
  await mkdir(FOLDER, { recursive: true });
  const settings = { url: PACKSHOT_URL, key: PACKSHOT_KEY, secret: WEBHOOK_SECRET, folder: FOLDER };
  const server = receiver(settings);
  server.listen(Number(PORT), "127.0.0.1", () => {
    console.log(JSON.stringify({ listening: server.address().port }));
  });
}
