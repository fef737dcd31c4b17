// Shows the OpenAPI document, and calls what only reads. Text from the document goes into the page as text, never as markup.
"use strict";

const byId = (id) => document.getElementById(id);

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}

// `code` and **strong** of the descriptions.
function prose(text) {
  const paragraphs = text.split(/\n\s*\n/).map((paragraph) => {
    const parts = paragraph.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
      if (part.startsWith("`")) return el("code", {}, part.slice(1, -1));
      if (part.startsWith("**")) return el("strong", {}, part.slice(2, -2));
      return part;
    });
    return el("p", {}, ...parts);
  });
  return el("div", {}, ...paragraphs);
}

let spec;

function resolve(schema) {
  if (!schema?.$ref) return [undefined, schema ?? {}];
  const path = schema.$ref.slice(2).split("/");
  return [path.at(-1), path.reduce((node, key) => node?.[key], spec) ?? {}];
}

function typeOf(schema) {
  const [name, found] = resolve(schema);
  if (name) return name;
  const kinds = (Array.isArray(found.type) ? found.type : [found.type]).filter((kind) => kind && kind !== "null");
  if (kinds.includes("array")) return typeOf(found.items) + "[]";
  const options = found.oneOf ?? found.anyOf ?? found.allOf;
  if (options) return options.filter((one) => one.type !== "null").map(typeOf).join(" | ");
  if (found.enum) return found.enum.filter((word) => word !== null).map((word) => JSON.stringify(word)).join(" | ");
  return kinds.join(" | ") + (found.format ? ` (${found.format})` : "") || "any";
}

// The schemas a schema is made of, shown when they are opened, since they may lead back to themselves.
function schemaView(schema) {
  const [, found] = resolve(schema);
  const box = el("div");
  if (found.description) box.append(prose(found.description));
  if (found.enum) box.append(el("p", { class: "type" }, typeOf({ ...found })));
  const required = new Set(found.required ?? []);
  const rows = Object.entries(found.properties ?? {}).map(([name, property]) => {
    const about = el("td");
    const description = property.description ?? resolve(property)[1].description;
    if (description) about.append(description);
    about.append(...nested(property));
    return el("tr", {},
      el("td", {}, el("code", {}, name), required.has(name) ? el("span", { class: "must", title: "required" }, " *") : ""),
      el("td", { class: "type" }, typeOf(property)), about);
  });
  if (rows.length) box.append(el("table", {}, ...rows));
  for (const part of [...(found.oneOf ?? []), ...(found.allOf ?? []), ...(found.anyOf ?? [])]) {
    if (part.type !== "null") box.append(lazy(typeOf(part), part));
  }
  if (found.items) box.append(...nested(found.items));
  return box;
}

function nested(schema) {
  const [name, found] = resolve(schema);
  if (name) return hasParts(found) ? [lazy(name, schema)] : [];
  const parts = [...(schema.oneOf ?? []), ...(schema.anyOf ?? []), ...(schema.allOf ?? [])];
  return [schema.items, schema.additionalProperties, ...parts].filter((part) => part && typeof part === "object").flatMap(nested);
}

const hasParts = (schema) => Boolean(schema.properties || schema.oneOf || schema.anyOf || schema.allOf);

function lazy(title, schema) {
  const details = el("details", { class: "schema" }, el("summary", { class: "type" }, title));
  details.addEventListener("toggle", () => {
    if (details.childElementCount === 1) details.append(schemaView(schema));
  });
  return details;
}

function contentView(content) {
  return Object.entries(content ?? {}).map(([type, { schema }]) =>
    el("div", {}, el("p", { class: "quiet" }, type), schema ? lazy(typeOf(schema), schema) : ""));
}

function tryView(path, operation) {
  const inputs = (operation.parameters ?? []).filter((one) => one.in !== "header").map((one) => {
    const input = el("input", { placeholder: one.description ?? "", value: one.name === "account" ? "default" : "" });
    return { one, input };
  });
  const output = el("pre", { hidden: "" });
  const call = async () => {
    let address = path;
    const query = new URLSearchParams();
    for (const { one, input } of inputs) {
      if (one.in === "path") address = address.replace(`{${one.name}}`, encodeURIComponent(input.value));
      else if (input.value) query.set(one.name, input.value);
    }
    if (query.size) address += `?${query}`;
    const token = byId("token").value;
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    output.hidden = false;
    output.textContent = `GET ${address} …`;
    try {
      const response = await fetch(address, { headers, credentials: "omit" });
      const text = await response.text();
      let shown = text;
      try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: as it is */ }
      output.textContent = `GET ${address}\n${response.status} ${response.headers.get("content-type") ?? ""}\n\n${shown}`;
    } catch (error) {
      output.textContent = `GET ${address}\n${error}`;
    }
  };
  return el("div", { class: "try" },
    ...inputs.map(({ one, input }) => el("label", {}, one.name, input)),
    el("div", {}, el("button", { onclick: call }, "Call")), output);
}

function operationView(method, path, operation) {
  const body = el("div");
  const details = el("details", { class: "op", id: operation.operationId, "data-text": `${method} ${path} ${operation.summary}`.toLowerCase() },
    el("summary", {}, el("span", { class: `method ${method}` }, method), el("span", { class: "path" }, path),
      el("span", { class: "quiet" }, operation.summary ?? "")), body);
  const fill = () => {
    if (body.childElementCount) return;
    if (operation.description) body.append(prose(operation.description));
    const rows = (operation.parameters ?? []).map((one) => el("tr", {},
      el("td", {}, el("code", {}, one.name), one.required ? el("span", { class: "must" }, " *") : ""),
      el("td", { class: "quiet" }, one.in), el("td", { class: "type" }, typeOf(one.schema)), el("td", {}, one.description ?? "")));
    if (rows.length) body.append(el("h3", {}, "Parameters"), el("table", {}, ...rows));
    if (operation.requestBody) body.append(el("h3", {}, "Body"), ...contentView(operation.requestBody.content));
    body.append(el("h3", {}, "Answers"));
    for (const [status, response] of Object.entries(operation.responses ?? {})) {
      body.append(el("div", {}, el("strong", {}, status), " ", response.description ?? "", ...contentView(response.content)));
    }
    const streams = operation.responses?.["200"]?.content?.["text/event-stream"];
    if (method === "GET" && !streams) body.append(el("h3", {}, "Try it"), tryView(path, operation));
  };
  details.addEventListener("toggle", fill);
  return details;
}

function show() {
  const groups = new Map();
  for (const [path, item] of Object.entries(spec.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const tag = operation.tags?.[0] ?? "other";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(operationView(method.toUpperCase(), path, operation));
    }
  }
  byId("main").replaceChildren(prose(spec.info.description ?? ""),
    ...[...groups].flatMap(([tag, views]) => [el("h2", { id: `tag-${tag}` }, tag), ...views]));
  byId("nav").replaceChildren(...[...groups.keys()].map((tag) => el("a", { href: `#tag-${tag}` }, tag)));
  document.title = `${spec.info.title} API ${spec.info.version}`;
  const wanted = byId(location.hash.slice(1));
  if (wanted) { wanted.open = true; wanted.scrollIntoView(); }
}

function filter() {
  const words = byId("filter").value.toLowerCase().split(/\s+/);
  for (const view of document.querySelectorAll("details.op")) {
    view.hidden = !words.every((word) => view.dataset.text.includes(word));
  }
}

fetch("/openapi.json").then((response) => response.json()).then((read) => {
  spec = read;
  show();
  byId("filter").addEventListener("input", filter);
}, (error) => { byId("main").textContent = `The document could not be read: ${error}`; });
