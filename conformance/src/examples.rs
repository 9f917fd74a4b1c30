//! The examples that stand in adapters: bytes must come out exactly, and be read back to the values written beside them.
//!
//! In: checked and compiled adapters, the folder of each (for `file "…"`). Out: one [`Shown`] for each example: well, or
//! what differs, with the first difference by offset. It must not know sockets.

mod packed;
mod whole;

use crate::fields::Named;
use crate::framing::{framed, unframed};
use crate::given::Given;
use crate::party::{Way, of_http, on_own_path, to_http};
use crate::scene::{Adapter, Parts, Scene, read, write};
use adapters::codec::{FileFault, FileReader, LineEvent, fill_in, take_out};
use adapters::value::Record;
use dsl::check::{Checked, Other, Sources};
use dsl::diagnostics::{Code, Diagnostic};
use dsl::model::{Call, CallId, Frame, LinkKind, MessageId, Module, Space};
use dsl::program::{Compiled, Part};
use dsl::resolve::Folder;
use dsl::source::Span;
use dsl::tree::{self, ExamplePart, ItemKind, ValueKind, Wire, WirePiece};
use dsl::value::{DateTime, Outcome, ShapeId};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;

/// Rows of a file that are compared one by one.
const ROWS_MAX: u64 = 1_000;

/// What became of an example.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The party.
    pub party: Box<str>,
    /// What it shows.
    pub title: Box<str>,
    /// The call whose messages it shows.
    pub call: Box<str>,
    /// Whether it has octets of the request, and of a reply.
    pub sides: (bool, bool),
    /// Who made its octets.
    pub by: Box<str>,
    /// Where it stands.
    pub span: Span,
    /// What differs; none: it holds.
    pub wrong: Option<String>,
}

impl Shown {
    /// What is said of an example that does not hold.
    #[must_use]
    pub fn diagnostic(&self) -> Option<Diagnostic> {
        let wrong = self.wrong.as_ref()?;
        let said = Diagnostic::error(Code(436), "the example disagrees", self.span, "");
        Some(said.note(wrong.clone()).help(
            "correct the example by the party's specification, or the message until it gives these octets",
        ))
    }
}

/// Runs every example of the adapters in the folders wanted, each under the first variant that has it. `checked` is what the
/// check under no choices found; `root` is the folder above the parties' folders.
#[must_use]
pub fn run(sources: &Sources, checked: &Checked, root: &Path, wanted: impl Fn(&str) -> bool) -> Vec<Shown> {
    let Some(compiled) = &checked.compiled else { return Vec::new() };
    let mut shown = Vec::new();
    for (place, module) in checked.model.modules.iter().enumerate().filter(|(_, one)| wanted(&one.folder)) {
        of_module(module, adapter(compiled, place).as_ref(), root, &mut shown);
    }
    for folder in sources.folders.iter().filter(|folder| wanted(&folder.name)) {
        for other in checked.others.iter().filter(|other| other.folder == folder.name) {
            if spans(folder).all(|span| shown.iter().any(|known| known.span == span)) {
                break;
            }
            if let Some(module) = other.model.modules.get(other.place) {
                of_module(module, Some(&adapter_of(other)), root, &mut shown);
            }
        }
    }
    shown
}

/// Where the examples of a folder stand, in whatever variant.
fn spans(folder: &Folder) -> impl Iterator<Item = Span> {
    folder.files.iter().flat_map(|file| &file.items).filter_map(|item| match &item.kind {
        ItemKind::Example(example) => Some(example.title.span),
        _ => None,
    })
}

/// The examples of one module that were not run before.
fn of_module(module: &Module, adapter: Option<&Adapter>, root: &Path, shown: &mut Vec<Shown>) {
    for example in &module.examples {
        let span = example.title.span;
        if shown.iter().any(|known| known.span == span) {
            continue;
        }
        let wrong = match adapter {
            Some(adapter) => {
                let folder = root.join(&*module.folder);
                Runner { module, adapter: adapter.clone(), example, folder }.run().err()
            }
            None => Some("the adapter does not compile in this variant".to_owned()),
        };
        let has =
            |side: fn(&ExamplePart) -> bool| example.block.statements.iter().any(|part| side(&part.kind));
        shown.push(Shown {
            party: module.name.clone(),
            title: example.title.text.clone(),
            call: example.of.text.clone(),
            sides: (
                has(|part| matches!(part, ExamplePart::Request(_))),
                has(|part| matches!(part, ExamplePart::Reply(_))),
            ),
            by: example.by.text.clone(),
            span,
            wrong,
        });
    }
}

/// The shared parts of a compiled module.
#[must_use]
pub fn adapter(compiled: &Compiled, module: usize) -> Option<Adapter> {
    Some(Adapter {
        symbols: Arc::new(compiled.symbols.clone()),
        shapes: Arc::clone(&compiled.shapes),
        module: Arc::clone(compiled.modules.get(module)?),
    })
}

/// A party in another variant than the chosen one.
#[must_use]
pub fn adapter_of(other: &Other) -> Adapter {
    Adapter {
        symbols: Arc::new(other.model.symbols.clone()),
        shapes: Arc::clone(&other.model.shapes),
        module: Arc::clone(&other.program),
    }
}

struct Runner<'a> {
    module: &'a Module,
    adapter: Adapter,
    example: &'a tree::Example,
    folder: std::path::PathBuf,
}

/// What an example says, by parts.
#[derive(Default)]
struct Said<'t> {
    given: Vec<&'t tree::Record>,
    ask: Option<&'t tree::Record>,
    request: Option<&'t Wire>,
    reply: Option<&'t Wire>,
    done: Option<&'t tree::Record>,
    refused: Option<&'t tree::Name>,
    unknown: bool,
}

impl Runner<'_> {
    fn run(&self) -> Result<(), String> {
        let name = &self.example.of.text;
        let place = self.module.calls.iter().position(|call| call.name == *name);
        let call = place.and_then(|place| self.module.calls.get(place));
        let call = call.ok_or_else(|| format!("there is no call `{name}`"))?;
        let said = self.said();
        let id = place.and_then(|place| u16::try_from(place).ok()).map(CallId);
        let mut scene = self.scene(&said, id.ok_or("no such call")?)?;
        if call.ours {
            self.we_begin(call, &said, &mut scene)
        } else {
            self.they_begin(call, &said, &mut scene)
        }
    }

    fn said(&self) -> Said<'_> {
        let mut said = Said::default();
        for part in &self.example.block.statements {
            match &part.kind {
                ExamplePart::Given(record) => said.given.push(record),
                ExamplePart::Ask(record) => said.ask = Some(record),
                ExamplePart::Request(wire) => said.request = Some(wire),
                ExamplePart::Reply(wire) => said.reply = Some(wire),
                ExamplePart::Done(record) => said.done = Some(record),
                ExamplePart::Refused(name) => said.refused = Some(name),
                ExamplePart::Unknown => said.unknown = true,
            }
        }
        said
    }

    /// What is given, by its roots.
    fn scene(&self, said: &Said<'_>, call: CallId) -> Result<Scene, String> {
        let mut tree = Map::new();
        for entry in said.given.iter().flat_map(|record| &record.entries) {
            let ValueKind::Record(inner) = &entry.value.kind else { continue };
            let root = tree.entry(entry.name.text.to_string()).or_insert_with(|| json!({}));
            if let Value::Object(root) = root {
                let keys = *entry.name.text == *"key";
                root.extend(
                    inner.entries.iter().map(|one| (one.name.text.to_string(), self.given(one, keys))),
                );
            }
        }
        // The ask names the member where nothing else does.
        if let Some(member) = &self.module.member
            && let Some(Value::Object(own)) = tree.get_mut(&*member.name)
            && !own.contains_key(&*member.naming)
        {
            let asked = said.ask.iter().flat_map(|ask| &ask.entries);
            let asked = asked.into_iter().find(|entry| entry.name.text == member.name);
            own.extend(asked.map(|entry| (member.naming.to_string(), json_of(&entry.value))));
        }
        let given = Given { adapter: &self.adapter, call, folder: &self.folder };
        given.scene(&tree).map_err(|error| error.to_string())
    }

    /// A value that is given; keys say how their text stands.
    fn given(&self, entry: &tree::Entry, keys: bool) -> Value {
        let is_key = keys || self.module.keys.iter().any(|key| key.of_member && key.name == entry.name.text);
        match &entry.value.kind {
            ValueKind::Hex(text) if is_key => json!(format!("hex:{}", text.text)),
            ValueKind::Text(text) if is_key => json!(format!("text:{}", text.text)),
            ValueKind::File(text) if is_key => json!(format!("file:{}", text.text)),
            _ => json_of(&entry.value),
        }
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, String> {
        let path = self.folder.join(path);
        std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// We ask: the ask gives the request, the reply gives the answer.
    fn we_begin(&self, call: &Call, said: &Said<'_>, scene: &mut Scene) -> Result<(), String> {
        if let (Some(ask), Some(shape)) = (said.ask, call.ask) {
            self.business(scene, Space::Ask, shape, ask)?;
        }
        let mut request = None;
        if said.ask.is_some() || call.ask.is_none() {
            let (parts, record) = self.write(scene, call.request)?;
            if let Some(wire) = said.request {
                let expected = self.octets(wire)?;
                match self.named(wire, call.request) {
                    Some(name) => {
                        self.packet_is("request", scene, call.request, (name, &expected), &parts)?;
                    }
                    None => self.request_is(call, scene, (&parts, &record), &expected)?,
                }
            }
            request = Some(record);
        }
        scene.request = request.map(Arc::new);
        let Some(wire) = said.reply else { return Ok(()) };
        let payload = self.parts_of(call, &self.octets(wire)?)?;
        if let Some(shape) = call.answer {
            scene.begin_business(Space::Answer, shape);
        }
        let mut faults = Vec::new();
        for message in &call.replies {
            match self.take(scene, *message, &payload) {
                Ok(outcome) => return self.judge(call, said, scene, outcome),
                Err(fault) => faults.push(fault),
            }
        }
        Err(format!("the reply cannot be read: {}", faults.join("; ")))
    }

    /// They ask: the request gives the ask, the answer gives the reply.
    fn they_begin(&self, call: &Call, said: &Said<'_>, scene: &mut Scene) -> Result<(), String> {
        if let Some(shape) = call.ask {
            scene.begin_business(Space::Ask, shape);
        }
        if let Some(wire) = said.request {
            let octets = self.octets(wire)?;
            let taken = match self.named(wire, call.request) {
                Some(name) => self.take_named(scene, call.request, (name, &octets)),
                None => self.take(scene, call.request, &self.parts_of(call, &octets)?),
            };
            taken.map_err(|fault| format!("the request cannot be read: {fault}"))?;
            if let (Some(ask), Some(shape)) = (said.ask, call.ask) {
                let got = scene.business(Space::Ask, shape).unwrap_or_default();
                same("ask", &self.tree(ask, shape), &got)?;
            }
        }
        let Some(wire) = said.reply else { return Ok(()) };
        if let (Some(done), Some(shape)) = (said.done, call.answer) {
            self.business(scene, Space::Answer, shape, done)?;
        }
        scene.outcome = Some(match (said.refused, said.unknown) {
            (Some(reason), _) => Outcome::Refused(self.adapter.symbols.find(&reason.text)),
            (None, true) => Outcome::Unknown,
            (None, false) => Outcome::Done(None),
        });
        let message = call.replies.first().ok_or("the call has no reply")?;
        let (parts, _) = self.write(scene, *message)?;
        let expected = self.octets(wire)?;
        match self.named(wire, *message) {
            Some(name) => self.packet_is("reply", scene, *message, (name, &expected), &parts),
            None => self.same_octets("reply", call, &expected, (scene, &parts)),
        }
    }

    /// The request that came out is the expected one; with what the expected one has drawn, where something is drawn; where
    /// chance is part of it otherwise, both say the same when they are read.
    fn request_is(
        &self,
        call: &Call,
        scene: &mut Scene,
        (parts, record): (&Parts, &Record),
        expected: &[u8],
    ) -> Result<(), String> {
        let compared = self.same_octets("request", call, expected, (scene, parts));
        if compared.is_ok() || self.write(scene, call.request)?.0 == *parts {
            return compared;
        }
        let module = self.adapter.module.clone();
        let form = module.program.messages.get(usize::from(call.request.0)).ok_or("no such message")?;
        let read = read(scene, call.request, &self.parts_of(call, expected)?).ok_or("no such message")?;
        if let Some((_, report)) = read.fault {
            return Err(format!("the expected request: {report}"));
        }
        if !form.fresh.is_empty()
            && let Ok((parts, _)) = self.write_drawn(scene, call.request, &read.record)
            && self.same_octets("request", call, expected, (scene, &parts)).is_ok()
        {
            return Ok(());
        }
        let fields = Named { program: &module.program, message: form, symbols: &self.adapter.symbols };
        same("request", &fields.tree(&read.record), &fields.tree(record))
    }

    /// Octets as they stand on the line; on HTTP links a sample may be a whole message.
    fn same_octets(
        &self,
        what: &str,
        call: &Call,
        expected: &[u8],
        (scene, parts): (&Scene, &Parts),
    ) -> Result<(), String> {
        let link = self.adapter.module.links.get(usize::from(call.link));
        match (link, whole::parse(expected)) {
            (Some(link), Some(sample)) if self.is_http(call) => {
                let way = if sample.method.is_empty() { Way::answer() } else { Way::of(link, scene) };
                let mut parts = parts.clone();
                let program = self.adapter.module.calls.iter().find(|program| program.call.name == call.name);
                if let Some(program) = program.filter(|_| !sample.method.is_empty()) {
                    on_own_path(program, scene, &mut parts);
                }
                whole::compare(what, &sample, &to_http(&parts, way.method(), way.path()))
            }
            _ => differs(what, expected, &self.on_the_line(call, parts)?),
        }
    }

    fn is_http(&self, call: &Call) -> bool {
        let link = self.module.links.get(usize::from(call.link));
        link.is_some_and(|link| matches!(link.kind, LinkKind::Http | LinkKind::Https))
    }

    /// The parts of a message that a sample holds.
    fn parts_of(&self, call: &Call, octets: &[u8]) -> Result<Parts, String> {
        match whole::parse(octets) {
            Some(message) if self.is_http(call) => Ok(of_http(message)),
            _ => Ok(Parts::content(self.off_the_line(call, octets)?)),
        }
    }

    fn judge(
        &self,
        call: &Call,
        said: &Said<'_>,
        scene: &Scene,
        outcome: Option<Outcome>,
    ) -> Result<(), String> {
        let outcome = outcome.unwrap_or(Outcome::Done(None));
        match (said.done, said.refused, said.unknown, outcome) {
            (Some(done), _, _, Outcome::Done(_)) => match call.answer {
                Some(shape) => {
                    let got = scene.business(Space::Answer, shape).unwrap_or_default();
                    same("answer", &self.tree(done, shape), &got)
                }
                None => Ok(()),
            },
            (_, Some(reason), _, Outcome::Refused(Some(symbol)))
                if self.adapter.symbols.text(symbol) == &*reason.text =>
            {
                Ok(())
            }
            (_, _, true, Outcome::Unknown) | (None, None, false, _) => Ok(()),
            (_, _, _, Outcome::Refused(Some(symbol))) => {
                Err(format!("the reply means refused {}", self.adapter.symbols.text(symbol)))
            }
            (_, _, _, outcome) => Err(format!("the reply means {outcome}")),
        }
    }

    fn write(&self, scene: &mut Scene, message: MessageId) -> Result<(Parts, Record), String> {
        self.write_drawn(scene, message, &Record::default())
    }

    /// Writes with the values that another copy has drawn.
    fn write_drawn(
        &self,
        scene: &mut Scene,
        message: MessageId,
        other: &Record,
    ) -> Result<(Parts, Record), String> {
        let module = self.adapter.module.clone();
        let form = module.program.messages.get(usize::from(message.0)).ok_or("no such message")?;
        let mut record = Record::new(form.slots);
        for slot in form.fresh.iter().map(|fresh| usize::from(fresh.slot)) {
            if let Ok(value) = other.value(slot) {
                record.set(slot, &value).map_err(|wrong| format!("what is drawn: {wrong:?}"))?;
            }
        }
        fill_in(&module.program, form, &mut record, scene)
            .map_err(|fault| format!("it cannot be filled: {fault:?}"))?;
        write(scene, &module.program, form, record)
            .map_err(|report| format!("it cannot be written: {}: {}", report.field, report.wrong))
    }

    fn take(&self, scene: &mut Scene, message: MessageId, parts: &Parts) -> Result<Option<Outcome>, String> {
        let module = self.adapter.module.clone();
        let file = module.program.messages.get(usize::from(message.0));
        if let Some(reader) = file.and_then(|form| FileReader::new(&module.program, form)) {
            return self.take_file(scene, reader, parts.get(Part::Content));
        }
        let mut got = read(scene, message, parts).ok_or("no such message")?;
        if let Some((_, report)) = got.fault {
            return Err(format!(
                "{}: {} at offset {} (expected {}, found {})",
                report.field, report.wrong, report.offset, report.expected, report.found
            ));
        }
        let module = self.adapter.module.clone();
        let form = module.program.messages.get(usize::from(message.0)).ok_or("no such message")?;
        scene.outcome = got.outcome.outcome;
        take_out(&module.program, form, &mut got.record, scene)
            .map_err(|fault| format!("it cannot be handed on: {fault:?}"))?;
        scene.request = Some(Arc::new(got.record));
        Ok(got.outcome.outcome)
    }

    /// A file is read line by line; each row is handed on as it goes by, then what stands in its single lines.
    fn take_file(
        &self,
        scene: &mut Scene,
        mut reader: FileReader<'_>,
        octets: &[u8],
    ) -> Result<Option<Outcome>, String> {
        // An example shows the file alone.
        reader = reader.alone();
        let words = |fault: FileFault| format!("line {}: {:?}", fault.line, fault.fault.kind);
        let mut rows = Vec::new();
        let mut seen = |_: &Record, event: LineEvent| {
            rows.extend(event.taken.filter(|_| event.line < ROWS_MAX));
            Ok(())
        };
        reader.push(octets, scene, &mut seen).map_err(words)?;
        reader.finish(scene, &mut seen).map_err(words)?;
        for row in rows {
            row.put(scene).map_err(|fault| format!("a row cannot be handed on: {fault:?}"))?;
        }
        reader.take_singles(scene).map_err(|fault| format!("it cannot be handed on: {fault:?}"))?;
        let outcome = reader.outcome().outcome;
        scene.request = Some(Arc::new(reader.into_record()));
        Ok(outcome)
    }

    fn frame_of(&self, call: &Call) -> Frame {
        self.module.links.get(usize::from(call.link)).map_or(Frame::None, |link| match link.kind {
            LinkKind::Tcp => link.frame.clone(),
            _ => Frame::None,
        })
    }

    fn on_the_line(&self, call: &Call, parts: &Parts) -> Result<Vec<u8>, String> {
        framed(&self.frame_of(call), parts.get(Part::Content))
    }

    fn off_the_line(&self, call: &Call, octets: &[u8]) -> Result<Vec<u8>, String> {
        unframed(&self.frame_of(call), octets)
    }

    /// Octets of a wire: pieces, or a file. Of a `.json` file with `output` in hex these are meant.
    fn octets(&self, wire: &Wire) -> Result<Vec<u8>, String> {
        match wire {
            Wire::File(path) => {
                let text = self.file(&path.text)?;
                let json = Path::new(&*path.text).extension().is_some_and(|extension| extension == "json");
                let output = if json { serde_json::from_slice::<Value>(&text).ok() } else { None };
                match output
                    .as_ref()
                    .and_then(|value| value.get("output"))
                    .and_then(Value::as_str)
                    .and_then(unhex)
                {
                    Some(octets) => Ok(octets),
                    None => Ok(text),
                }
            }
            Wire::Pieces { pieces, .. } => {
                let charset = self.module.party.as_ref().map_or("utf8", |party| &*party.charset);
                let charset = adapters::charset::Charset::from_name(charset).ok_or("no such charset")?;
                let mut octets = Vec::new();
                for piece in pieces {
                    match piece {
                        WirePiece::Text(text) => {
                            let text = adapters::charset::encode(charset, &text.text)
                                .map_err(|error| error.to_string())?;
                            octets.extend_from_slice(&text);
                        }
                        WirePiece::Spaces(count) => repeat(&mut octets, b' ', count),
                        WirePiece::Zeros(count) => repeat(&mut octets, b'0', count),
                        WirePiece::Nul(count) => repeat(&mut octets, 0, count),
                        WirePiece::Hex(hex) => octets.extend(unhex(&hex.text).ok_or("bad hex")?),
                    }
                }
                Ok(octets)
            }
        }
    }

    fn business(
        &self,
        scene: &mut Scene,
        space: Space,
        shape: ShapeId,
        record: &tree::Record,
    ) -> Result<(), String> {
        scene.put_business(space, shape, &self.tree(record, shape)).map_err(|error| error.to_string())
    }

    /// The tree of a record; names that stand more than once, and lists of the shape, are arrays; amounts are fen.
    fn tree(&self, record: &tree::Record, shape: ShapeId) -> Map<String, Value> {
        use dsl::value::Type;
        let mut tree = Map::new();
        let fields = self.adapter.shapes.get(shape.0 as usize).map_or(&[][..], |shape| &shape.fields);
        for entry in &record.entries {
            let ty = fields.iter().find(|field| field.name == entry.name.text).map(|field| &field.ty);
            let value = match (&entry.value.kind, ty) {
                (ValueKind::Record(inner), Some(Type::List { shape, .. } | Type::Group(shape))) => {
                    Value::Object(self.tree(inner, *shape))
                }
                (ValueKind::Number(number, negative), Some(Type::Money { .. })) => fen(number, *negative),
                (ValueKind::Number(number, _), Some(Type::Month)) => month(number),
                (ValueKind::Date(date), Some(Type::Month)) => {
                    json!(format!("{:04}-{:02}", date.year(), date.month()))
                }
                _ => json_of(&entry.value),
            };
            if matches!(ty, Some(Type::List { .. })) {
                match tree.entry(entry.name.text.to_string()).or_insert_with(|| json!([])) {
                    Value::Array(rows) => rows.push(value),
                    other => *other = value,
                }
            } else {
                tree.insert(entry.name.text.to_string(), value);
            }
        }
        tree
    }
}

fn repeat(octets: &mut Vec<u8>, octet: u8, count: &tree::Count) {
    let length = octets.len().saturating_add(usize::try_from(count.value).unwrap_or(0).min(1 << 20));
    octets.resize(length, octet);
}

fn fen(number: &tree::Number, negative: bool) -> Value {
    let mut value = number.value;
    value.rescale(2);
    let fen = i64::try_from(value.mantissa()).unwrap_or(i64::MAX);
    json!(if negative { -fen } else { fen })
}

/// `202403` as a month.
fn month(number: &tree::Number) -> Value {
    let whole = number.whole().unwrap_or(0);
    json!(format!("{:04}-{:02}", whole / 100, whole % 100))
}

fn json_of(value: &tree::Value) -> Value {
    match &value.kind {
        ValueKind::Text(text) | ValueKind::Hex(text) | ValueKind::File(text) => json!(text.text),
        ValueKind::Number(number, negative) => {
            let text = if *negative { format!("-{}", number.value) } else { number.value.to_string() };
            text.parse::<i64>().map_or_else(|_| json!(text), |whole| json!(whole))
        }
        ValueKind::Date(date) => json!(date.to_string()),
        ValueKind::Time(time) => json!(time.to_string()),
        ValueKind::DateTime(date, time) => json!(DateTime::from_parts(*date, *time).to_string()),
        ValueKind::Name(name) => match &*name.text {
            "yes" => json!(true),
            "no" => json!(false),
            other => json!(other),
        },
        ValueKind::Record(record) => Value::Object(
            record.entries.iter().map(|entry| (entry.name.text.to_string(), json_of(&entry.value))).collect(),
        ),
    }
}

/// Every value that is written must be there; what is not written is not judged.
fn same(what: &str, expected: &Map<String, Value>, got: &Map<String, Value>) -> Result<(), String> {
    for (name, value) in expected {
        let found = got.get(name).unwrap_or(&Value::Null);
        match (value, found) {
            (Value::Array(rows), Value::Array(have)) if rows.len() == have.len() => {
                for (place, (row, other)) in rows.iter().zip(have).enumerate() {
                    if let (Value::Object(row), Value::Object(other)) = (row, other) {
                        same(&format!("{what}.{name}[{place}]"), row, other)?;
                    }
                }
            }
            (value, found) if value == found => {}
            (value, found) => return Err(format!("{what}.{name}: expected {value}, got {found}")),
        }
    }
    Ok(())
}

/// The first octet that differs, with what stands around it on both sides.
fn differs(what: &str, expected: &[u8], got: &[u8]) -> Result<(), String> {
    if expected == got {
        return Ok(());
    }
    let at = expected
        .iter()
        .zip(got)
        .position(|(one, other)| one != other)
        .unwrap_or(expected.len().min(got.len()));
    let around = |octets: &[u8]| {
        let from = at.saturating_sub(8);
        let cut = octets.get(from..octets.len().min(at + 16)).unwrap_or_default();
        let hex: String = cut.iter().map(|octet| format!("{octet:02X} ")).collect();
        format!("{hex} {:?}", String::from_utf8_lossy(cut))
    };
    Err(format!(
        "the {what} differs at offset {at} ({} octets expected, {} came out)\n  expected {}\n  came out {}",
        expected.len(),
        got.len(),
        around(expected),
        around(got)
    ))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
