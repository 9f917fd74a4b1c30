//! Documents that a flow took in, passed on or was answered with (legal documents, officers' cards, voucher images,
//! receipts), for those whose role lets them look (浏览与下载).
//!
//! In: a flow of the journal. Out: a list of its octets with where each stands and what stands beside it; one document's
//! octets, each reading of which is a line of the flow's history before it is given out. It must not know what a
//! document means.

use super::story::mask;
use dsl::evaluate::coded;
use dsl::value::{ShapeId, Type};
use engine::calendar;
use engine::engine::Engine;
use engine::facts::Body;
use engine::version::Version;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use store::{Change, Fatal, FlowId, Lane, OperationRow, Verdict};

/// Documents of one flow that are told; more are not looked for.
const MOST: usize = 1_000;

/// One document.
pub(super) struct Document {
    /// Where it stands: `ask.documents[1].content`, `told.ask.receipt`.
    path: String,
    /// Fields of the same row that are no documents; private ones masked.
    beside: Json,
    /// Its octets.
    pub(super) octets: Vec<u8>,
}

impl Document {
    fn digest(&self) -> String {
        let digest = adapters::seal::digest(adapters::seal::Digest::Sha256, &self.octets);
        digest.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    /// Its media type and the end of its file's name, by its first octets.
    pub(super) fn kind(&self) -> (&'static str, &'static str) {
        const KNOWN: [(&[u8], &str, &str); 6] = [
            (b"%PDF-", "application/pdf", "pdf"),
            (b"\xFF\xD8\xFF", "image/jpeg", "jpg"),
            (b"\x89PNG\r\n\x1A\n", "image/png", "png"),
            (b"GIF8", "image/gif", "gif"),
            (b"PK\x03\x04", "application/zip", "zip"),
            (b"<?xml", "application/xml", "xml"),
        ];
        let known = KNOWN.iter().find(|(begins, ..)| self.octets.starts_with(begins));
        known.map_or(("application/octet-stream", "bin"), |(_, media, end)| (media, end))
    }

    /// As a line of the list.
    pub(super) fn told(&self, number: usize) -> Json {
        json!({
            "document": number, "path": self.path, "octets": self.octets.len(), "media": self.kind().0,
            "sha256": self.digest(), "beside": self.beside,
        })
    }
}

/// The documents of a flow, each once; none where there is no such flow.
///
/// # Errors
/// When the journal cannot be read.
pub(super) async fn of(engine: &Arc<Engine>, flow: FlowId) -> Result<Option<Vec<Document>>, Fatal> {
    let read = engine.journal.read(move |reader| {
        let Some(row) = reader.flow(flow)? else { return Ok(None) };
        Ok(Some((row, reader.asked(flow)?, reader.operations(flow)?)))
    });
    let Some((row, asked, operations)) = read.await? else { return Ok(None) };
    let version = engine.versions.get(&row.version).map(|version| Arc::clone(&version));
    let version = version.unwrap_or_else(|| engine.current.load_full());
    let mut found = Found { version: &version, documents: Vec::new() };
    let name = row.name.split('/').next().unwrap_or(&row.name);
    let tables = version.flow_named(name).and_then(|reference| version.flow(reference));
    let asked = asked.and_then(|asked| Body::decode(&asked.asked)).unwrap_or_default();
    found.record("ask", tables.and_then(|tables| tables.ask), asked.get("ask"));
    for operation in &operations {
        found.operation(operation);
    }
    Ok(Some(found.documents))
}

/// Writes down who reads which document of a flow. False if it could not be written: then nothing is given out.
///
/// # Errors
/// When the journal fails.
pub(super) async fn noted(
    engine: &Arc<Engine>,
    flow: FlowId,
    user: &str,
    document: &Document,
) -> Result<bool, Fatal> {
    let mut body = Body::default();
    body.put("by", user.as_bytes().to_vec());
    body.put("document", document.path.clone().into_bytes());
    body.put("sha256", document.digest().into_bytes());
    let change = Change::Event { flow, kind: "document read".to_owned(), body: body.encode() };
    let day = calendar::day(engine.now().date());
    let written = engine.journal.write(Lane::Outcome, day, vec![change]).await?;
    Ok(matches!(written, Verdict::Ok(_)))
}

struct Found<'v> {
    version: &'v Version,
    documents: Vec<Document>,
}

impl Found<'_> {
    fn operation(&mut self, row: &OperationRow) {
        let call = self.version.call_named(&row.call).and_then(|call| self.version.call(call));
        let (ask, answer) = call.map_or((None, None), |call| (call.call.ask, call.call.answer));
        let body = |octets: &Option<Vec<u8>>| octets.as_deref().and_then(Body::decode).unwrap_or_default();
        self.record(&format!("{}.ask", row.name), ask, body(&row.asked).get("ask"));
        self.record(&format!("{}.answer", row.name), answer, body(&row.answered).get("answer"));
    }

    fn record(&mut self, path: &str, shape: Option<ShapeId>, octets: Option<&[u8]>) {
        let (Some(shape), Some(octets)) = (shape, octets) else { return };
        let shapes = &self.version.compiled.shapes;
        let Ok(record) = adapters::value::decode_record(octets, shapes, shape, self.version.symbols()) else {
            return;
        };
        self.fields(path, shape, &engine::json::of_record(&record, self.version, shape));
    }

    fn fields(&mut self, path: &str, shape: ShapeId, shown: &Json) {
        let (Some(known), Json::Object(fields)) = (self.version.compiled.shapes.get(shape.0 as usize), shown)
        else {
            return;
        };
        for field in &known.fields {
            let (Some(value), path) = (fields.get(&*field.name), format!("{path}.{}", field.name)) else {
                continue;
            };
            match (&field.ty, value) {
                (Type::Bytes { .. }, Json::String(signs)) => {
                    let octets = coded::from_base64(signs.as_bytes(), false).unwrap_or_default();
                    let version = self.version;
                    self.document(path, octets, || beside(version, shape, fields));
                }
                (Type::List { shape, .. }, Json::Array(rows)) => {
                    for (number, row) in rows.iter().enumerate() {
                        self.fields(&format!("{path}[{}]", number + 1), *shape, row);
                    }
                }
                (Type::Group(shape), inner) => self.fields(&path, *shape, inner),
                _ => {}
            }
        }
    }

    fn document(&mut self, path: String, octets: Vec<u8>, beside: impl FnOnce() -> Json) {
        let known = self.documents.iter().any(|document| document.octets == octets);
        if !octets.is_empty() && !known && self.documents.len() < MOST {
            let beside = beside();
            self.documents.push(Document { path, beside, octets });
        }
    }
}

/// What stands beside a document in its row.
fn beside(version: &Version, shape: ShapeId, fields: &Map<String, Json>) -> Json {
    let Some(known) = version.compiled.shapes.get(shape.0 as usize) else { return Json::Null };
    let plain = known
        .fields
        .iter()
        .filter(|field| !matches!(field.ty, Type::Bytes { .. } | Type::List { .. } | Type::Group(_)))
        .filter_map(|field| Some((field.name.to_string(), fields.get(&*field.name)?.clone())))
        .collect();
    let mut beside = Json::Object(plain);
    mask(&mut beside, version, shape);
    beside
}
