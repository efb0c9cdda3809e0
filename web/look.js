// A picture to search with: dropped onto the page, pasted, or chosen; made small before it is sent.
import { $ } from "./dom.js";

const SIDE = 800, QUALITY = 0.85;

/** The picture as a data URL of a small JPEG, on white where it is transparent. */
async function shrunk(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", QUALITY);
}

/** `take(image)` is called with each picture; `refuse(error)` where a file is none. */
export function watchForPictures(take, refuse) {
  const first = async (files) => {
    const file = [...(files ?? [])].find((one) => one.type.startsWith("image/"));
    if (!file) return;
    try {
      take(await shrunk(file));
    } catch {
      refuse(new Error("This picture cannot be read; use a JPEG, PNG or WebP."));
    }
  };
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    first(event.dataTransfer?.files);
  });
  addEventListener("paste", (event) => first(event.clipboardData?.files));
  $("look").addEventListener("click", () => $("look-file").click());
  $("look-file").addEventListener("change", (event) => {
    first(event.target.files);
    event.target.value = "";
  });
}
