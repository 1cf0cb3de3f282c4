// Talks to the org at ORG_URL as jsforce does by itself and prints what it got as one JSON document.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const jsforce = createRequire(process.env.CLIENTS + "/")("jsforce");
const connection = new jsforce.Connection({
  instanceUrl: process.env.ORG_URL,
  accessToken: process.env.ORG_TOKEN,
  version: process.env.API_VERSION,
});
connection.metadata.pollInterval = 50;

const answer = {};
answer.identity = await connection.identity();
answer.describe = (await connection.metadata.describe()).metadataObjects.map((row) => row.xmlName);
for (const [name, rest] of [["stage1", false], ["stage2", false], ["again", true]]) {
  const zip = readFileSync(process.env[name === "again" ? "ZIP_STAGE1" : `ZIP_${name.toUpperCase()}`]);
  const options = { singlePackage: true, rollbackOnError: true };
  const job = rest ? connection.metadata.deployRest(zip, options) : connection.metadata.deploy(zip, options);
  const result = await job.complete(true);
  answer[name] = { id: result.id, status: result.status, success: result.success, deployed: Number(result.numberComponentsDeployed) };
}
answer.list = [].concat(await connection.metadata.list([{ type: "ExternalCredential" }, { type: "Flow" }], process.env.API_VERSION)).map((row) => `${row.type} ${row.fullName}`);
answer.read = await connection.metadata.read("NamedCredential", "X8x8_SMS_API");
const retrieved = await connection.metadata
  .retrieve({ apiVersion: process.env.API_VERSION, singlePackage: true, unpackaged: { types: [{ name: "PermissionSet", members: ["*"] }], version: process.env.API_VERSION } })
  .complete();
answer.retrieve = [].concat(retrieved.fileProperties).map((row) => row.fileName);
answer.query = (await connection.query("SELECT Id, Name FROM PermissionSet WHERE Name = 'CPaaS_API_Access'")).records.map((row) => row.Name);
answer.tooling = (await connection.tooling.query("SELECT DeveloperName FROM FlowDefinition")).records.map((row) => row.DeveloperName);

const set = (label) => [{ fullName: "Made_by_jsforce", label, hasActivationRequired: false }];
answer.crud = [
  await connection.metadata.create("PermissionSet", set("One")),
  await connection.metadata.upsert("PermissionSet", set("Two")),
  await connection.metadata.update("PermissionSet", set("Three")),
].map((each) => [].concat(each)[0]);
answer.made = (await connection.metadata.read("PermissionSet", "Made_by_jsforce")).label;
answer.gone = [].concat(await connection.metadata.delete("PermissionSet", ["Made_by_jsforce"]))[0];
answer.refused = [].concat(await connection.metadata.create("PermissionSet", [{ fullName: "8", label: "x" }]))[0];

const login = new jsforce.Connection({ loginUrl: process.env.ORG_URL, version: "59.0" });
const session = await login.login(process.env.ORG_USERNAME, process.env.ORG_TOKEN);
answer.login = { organizationId: session.organizationId, instanceUrl: login.instanceUrl };
console.log(JSON.stringify(answer));
