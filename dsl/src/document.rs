//! The interface document of a party: a self-contained page made from its checked model.
//!
//! In: a module of the model, the source map (types and rules are shown as they stand in the adapter), worked samples. Out:
//! HTML text. It must not know files, browsers or programs.

mod index;
mod samples;
mod sequence;
mod signs;
mod words;

pub use index::{Listed, index};
pub use samples::{Sample, SealStep};

use crate::model::{
    At, Call, CodeTable, Field, FieldKind, Format, Meaning, Message, MessageSide, Model, Module, Node,
    Segments,
};
use crate::resolve::Choice;
use crate::source::{SourceMap, Span};
use crate::value::{Outcome, Size, Unit};
use std::fmt::Write;

/// How the page looks: readable on a screen and on paper.
const STYLE: &str = "body{font:15px/1.5 sans-serif;margin:2em auto;max-width:72em;color:#222}pre{background:#f6f6f6;padding:.5em;overflow:auto}svg{max-width:100%}table{border-collapse:collapse;width:100%;margin:.5em 0 1.5em}th,td{border:1px solid #bbb;padding:.25em .5em;text-align:left;vertical-align:top}th{background:#eee}code{font-size:.92em;white-space:pre-wrap}h2{border-bottom:2px solid #444}.q{color:#a40}@media print{h2{break-before:page}}";

/// The page of one party; `variants`: this page's first, then the party's others.
#[must_use]
pub fn document(
    model: &Model,
    module: &Module,
    sources: &SourceMap,
    variants: &[Choice],
    samples: &[Sample],
) -> String {
    let mut page = Page { model, module, sources, samples, out: String::new() };
    page.head();
    page.variants(variants);
    page.signs();
    page.sessions();
    page.calls();
    page.codes();
    page.assumed();
    page.out.push_str("</body></html>\n");
    page.out
}

struct Page<'a> {
    model: &'a Model,
    module: &'a Module,
    sources: &'a SourceMap,
    samples: &'a [Sample],
    out: String,
}

impl Page<'_> {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing into a text cannot fail.
        let _ = self.out.write_fmt(text);
    }

    fn head(&mut self) {
        let (name, label) = (escaped(&self.module.name), escaped(&self.module.label));
        let doc = escaped(&self.module.doc);
        self.put(format_args!(
            "<!doctype html><html lang=\"zh\"><head><meta charset=\"utf-8\"><title>{label} · {name}</title><style>{STYLE}</style></head><body><h1>{label} <small>{name}</small></h1><p>{doc}</p>"
        ));
        if let Some(party) = &self.module.party {
            let charset = escaped(&party.charset);
            let day = party
                .cut_over
                .map_or_else(String::new, |minute| format!(" · 日切 {:02}:{:02}", minute / 60, minute % 60));
            self.put(format_args!("<p>字符集 {charset}{day}</p>"));
        }
        self.put(format_args!("<h2>链路 Links</h2><table><tr><th>链路</th><th>说明</th><th>定义</th></tr>"));
        for link in &self.module.links {
            let (name, label) = (escaped(&link.name), escaped(&link.label));
            let said = escaped(&words::link(self.module, link));
            self.put(format_args!("<tr><td>{name}</td><td>{label}</td><td>{said}</td></tr>"));
        }
        self.out.push_str("</table>");
        self.out.push_str(
            "<h2>目录 Messages</h2><table><tr><th>交易</th><th>名称</th><th>方向</th><th>报文</th></tr>",
        );
        for call in &self.module.calls {
            let (name, label) = (escaped(&call.name), escaped(&call.label));
            let way = if call.ours { "行方 → 对方" } else { "对方 → 行方" };
            let codes: Vec<String> = std::iter::once(&call.request)
                .chain(&call.replies)
                .filter_map(|id| self.module.messages.get(usize::from(id.0)))
                .map(|message| escaped(&message.code))
                .collect();
            let codes = codes.join(" / ");
            self.put(format_args!(
                "<tr><td><a href=\"#{name}\">{name}</a></td><td>{label}</td><td>{way}</td><td>{codes}</td></tr>"
            ));
        }
        self.out.push_str("</table>");
    }

    /// The signs of the party's segment texts and tag=value texts.
    fn signs(&mut self) {
        let module = self.module;
        let mut forms: Vec<&Segments> = Vec::new();
        for field in module.messages.iter().flat_map(|message| &message.fields) {
            if let FieldKind::Format { format: Format::Segments(form), .. } = &field.kind
                && !forms.iter().any(|known| known.name == form.name)
            {
                forms.push(form);
            }
        }
        for form in forms {
            self.put(format_args!("<h2>分隔符 Signs <small>{}</small></h2><ul>", escaped(&form.name)));
            for line in signs::signs(form) {
                self.put(format_args!("<li>{}</li>", escaped(&line)));
            }
            self.out.push_str("</ul>");
        }
    }

    /// Which of its variants the page shows, where a setting chooses among them.
    fn variants(&mut self, variants: &[Choice]) {
        let in_words = |choice: &Choice| {
            let settings: Vec<String> = choice
                .iter()
                .map(|(setting, name)| format!("<code>{}={}</code>", escaped(setting), escaped(name)))
                .collect();
            settings.join(" ")
        };
        let [this, others @ ..] = variants else { return };
        if !this.is_empty() {
            let others: Vec<String> = others.iter().map(in_words).collect();
            let line = format!("<p>变体 variant {} · 其它 others: {}</p>", in_words(this), others.join("; "));
            self.out.push_str(&line);
        }
    }

    fn sessions(&mut self) {
        let (module, model) = (self.module, self.model);
        let reason = |symbol| model.symbols.text(symbol).to_owned();
        for session in &module.sessions {
            self.put(format_args!("<h2>会话 Session <small>{}</small></h2><ul>", escaped(&session.name)));
            for line in words::session(module, session, &reason) {
                self.put(format_args!("<li>{}</li>", escaped(&line)));
            }
            self.out.push_str("</ul>");
        }
    }

    /// Who says what to whom, and what follows where nothing is heard.
    fn picture(&mut self, call: &Call) {
        let (module, model) = (self.module, self.model);
        let said = |id: &crate::model::MessageId| {
            let message = module.messages.get(usize::from(id.0));
            message.map_or_else(String::new, |message| match message.code.is_empty() {
                true => call.name.to_string(),
                false => message.code.to_string(),
            })
        };
        let one = |by_bank: bool| move |text: String| sequence::Arrow { text, by_bank };
        let mut arrows = vec![one(call.ours)(said(&call.request))];
        let replies: Vec<String> = call.replies.iter().map(said).collect();
        if !replies.is_empty() {
            arrows.push(one(!call.ours)(replies.join(" / ")));
        }
        arrows.extend(call.later.iter().map(said).map(one(!call.ours)));
        let reason = |symbol| model.symbols.text(symbol).to_owned();
        let unknown = words::ways(module, &call.unknown, &reason);
        let picture = sequence::picture(&module.label, &arrows, &unknown);
        self.out.push_str(&picture);
    }

    fn calls(&mut self) {
        let module = self.module;
        for call in &module.calls {
            self.call(call);
        }
    }

    fn call(&mut self, call: &Call) {
        let (name, label, doc) = (escaped(&call.name), escaped(&call.label), escaped(&call.doc));
        self.put(format_args!("<h2 id=\"{name}\">{label} <small>{name}</small></h2><p>{doc}</p>"));
        if let Some(service) = call.service.and_then(|service| self.model.services.get(usize::from(service)))
        {
            let (path, label) = (escaped(&service.path), escaped(&service.label));
            let word = if call.ours { "provides" } else { "runs" };
            self.put(format_args!("<p>{word} <code>{path}</code> {label}</p>"));
        }
        self.picture(call);
        let ids = std::iter::once(call.request)
            .chain(call.replies.iter().copied())
            .chain(call.later.iter().copied());
        for id in ids {
            if let Some(message) = self.module.messages.get(usize::from(id.0)) {
                self.message(message);
                let side = match message.side {
                    MessageSide::Request => "request",
                    MessageSide::Reply => "reply",
                    MessageSide::Later => "later",
                };
                let name = format!("{}.{side}", call.name);
                if let Some(sample) = self.samples.iter().find(|sample| sample.message == name) {
                    self.out.push_str(&samples::shown(sample));
                }
            }
        }
    }

    fn message(&mut self, message: &Message) {
        let side = match message.side {
            MessageSide::Request => "请求 request",
            MessageSide::Reply => "应答 reply",
            MessageSide::Later => "后续 later",
        };
        let code = escaped(&message.code);
        self.put(format_args!(
            "<h3>{side} {code}</h3><table><tr><th>#</th><th>字段</th><th>位置</th><th>形式</th><th>名称</th></tr>"
        ));
        let mut rows = Rows { number: 0, offset: Some(0) };
        self.nodes(message, &message.nodes, 0, &mut rows);
        self.out.push_str("</table>");
    }

    fn nodes(&mut self, message: &Message, nodes: &[Node], depth: usize, rows: &mut Rows) {
        for node in nodes {
            match node {
                Node::Field(id) => {
                    if let Some(field) = message.fields.get(usize::from(id.0)) {
                        self.field(message, field, depth, rows);
                    }
                }
                Node::When { condition, then, .. } => {
                    self.note(depth, "when", condition.span);
                    self.nodes(message, then, depth + 1, rows);
                    rows.offset = None;
                }
                Node::Choose { cases, other, .. } => {
                    for (condition, case) in cases {
                        self.note(depth, "case", condition.span);
                        self.nodes(message, case, depth + 1, rows);
                    }
                    self.nodes(message, other, depth + 1, rows);
                    rows.offset = None;
                }
                Node::Check(check) => self.note(depth, "check", check.span),
                Node::Map(_) => {}
            }
        }
    }

    fn note(&mut self, depth: usize, word: &str, span: Span) {
        let text = escaped(self.sources.slice(span).lines().next().unwrap_or(""));
        let indent = depth * 2;
        self.put(format_args!(
            "<tr><td></td><td colspan=\"4\" style=\"padding-left:{indent}em\"><em>{word}</em> <code>{text}</code></td></tr>"
        ));
    }

    fn field(&mut self, message: &Message, field: &Field, depth: usize, rows: &mut Rows) {
        let (name, label) = (escaped(&field.name), escaped(&field.label));
        let form = escaped(self.sources.slice(field.type_span));
        let indent = depth * 2;
        // In a format with names: what it is called there, where that is a tag, a place or another name.
        let called = match (&field.tag, &field.at) {
            (Some(tag), _) => escaped(tag),
            (None, Some(At::Text(text))) => escaped(text),
            _ => String::new(),
        };
        rows.number += 1;
        let number = rows.number;
        let (place, inner): (String, Option<&[Node]>) = match &field.kind {
            FieldKind::Leaf { wire, .. } => {
                let place = rows.offset.map_or_else(|| called.clone(), |offset| offset.to_string());
                rows.offset = match (rows.offset, wire.size, wire.unit) {
                    (Some(offset), Size::Fixed(size), Unit::Bytes | Unit::Digits) => Some(offset + size),
                    (Some(offset), Size::Fixed(size), Unit::Chars) => Some(offset + size),
                    _ => None,
                };
                (place, None)
            }
            FieldKind::Group { nodes }
            | FieldKind::Format { nodes, .. }
            | FieldKind::Line { nodes, .. }
            | FieldKind::Several { nodes } => (called, Some(nodes)),
            FieldKind::List(list) => (called, Some(&list.nodes)),
            FieldKind::Entry { content, .. } => match &**content {
                FieldKind::Format { nodes, .. } => (String::new(), Some(nodes)),
                _ => (String::new(), None),
            },
        };
        let rule = field.fact.as_ref().map_or_else(String::new, |fact| {
            format!(" = <code>{}</code>", escaped(self.sources.slice(fact.span)))
        });
        self.put(format_args!(
            "<tr><td>{number}</td><td style=\"padding-left:{indent}em\">{name}</td><td>{place}</td><td><code>{form}</code>{rule}</td><td>{label}</td></tr>"
        ));
        if let Some(nodes) = inner {
            let fixed =
                matches!(&field.kind, FieldKind::Format { format: Format::Fixed | Format::Binary, .. });
            let mut own = Rows { number: rows.number, offset: if fixed { Some(0) } else { None } };
            self.nodes(message, nodes, depth + 1, &mut own);
            rows.number = own.number;
            rows.offset = None;
        }
    }

    fn codes(&mut self) {
        let module = self.module;
        if !module.codes.is_empty() {
            self.out.push_str("<h2>代码表 Codes</h2>");
        }
        for table in &module.codes {
            self.table(table);
        }
    }

    fn table(&mut self, table: &CodeTable) {
        let (name, label) = (escaped(&table.name), escaped(&table.label));
        self.put(format_args!(
            "<h3>{label} <small>{name}</small></h3><table><tr><th>代码</th><th>含义</th><th>说明</th></tr>"
        ));
        for row in &table.rows {
            let text = escaped(self.sources.slice(row.text.span));
            let (meaning, label) = (escaped(&self.meaning(row.meaning)), escaped(&row.label));
            self.put(format_args!("<tr><td><code>{text}</code></td><td>{meaning}</td><td>{label}</td></tr>"));
        }
        for (word, meaning) in [("other", table.other), ("absent", table.absent)] {
            if let Some(meaning) = meaning {
                let meaning = escaped(&self.meaning(meaning));
                self.put(format_args!("<tr><td><em>{word}</em></td><td>{meaning}</td><td></td></tr>"));
            }
        }
        self.out.push_str("</table>");
    }

    fn meaning(&self, meaning: Meaning) -> String {
        let text = |symbol| self.model.symbols.text(symbol);
        match meaning {
            Meaning::Outcome(Outcome::Done(None)) => "done".to_owned(),
            Meaning::Outcome(Outcome::Done(Some(reason))) => format!("done · {}", text(reason)),
            Meaning::Outcome(Outcome::Refused(None)) => "refused".to_owned(),
            Meaning::Outcome(Outcome::Refused(Some(reason))) => format!("refused · {}", text(reason)),
            Meaning::Outcome(Outcome::Unknown) => "unknown".to_owned(),
            Meaning::Name(name) => text(name).to_owned(),
            Meaning::Refuse(reason) => format!("the message is refused · {}", text(reason)),
            Meaning::Wait(milliseconds) => format!("wait {} s", milliseconds / 1_000),
        }
    }

    fn assumed(&mut self) {
        let module = self.module;
        if module.assumed.is_empty() {
            return;
        }
        self.out.push_str("<h2>待确认 Assumed</h2><ul>");
        for one in &module.assumed {
            let (what, why) = (escaped(&one.what), escaped(&one.why));
            self.put(format_args!("<li class=\"q\"><code>{what}</code> {why}</li>"));
        }
        self.out.push_str("</ul>");
    }
}

/// Number of the row, and the offset where it is fixed.
struct Rows {
    number: u32,
    offset: Option<u32>,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Sources, Text, check};
    use crate::resolve::Choices;

    /// A page shows each field of each message with its offset, each code with its meaning, and nothing as markup.
    #[test]
    fn a_page_holds_fields_codes_and_what_is_assumed() {
        let text = "party demo \"演示 <b>\" {\n  charset  gbk\n  serial   counter(12)\n}\n\nlink line tcp connect {\n  carries  p\n  frame    length 4 digits\n  timeout  connect 3s, answer 10s\n}\n\npacket p {\n  head  fixed {\n    code    digits 4     = message.code      \"交易码\"\n    serial  digits 12    = exchange.serial   \"流水号\"  assumed \"length\"\n    ret     code result  request = \"0000\"  reply = outcome  \"返回码\"\n  }\n}\n\ncodes result text 4 bytes {\n  \"0000\"  done     \"成功\"\n  other   unknown\n}\n\ncall probe \"测试\" {\n  request \"0001\"\n  reply   \"0002\"\n}\n";
        let one = Text { folder: "demo".into(), path: "demo.tongshi".into(), text: text.into() };
        let sources = Sources::parse([one]);
        let checked = check(&sources, &Choices::new());
        assert!(!checked.has_errors(), "{:?}", checked.problems);
        let page = document(&checked.model, &checked.model.modules[0], &sources.map, &[], &[]);
        assert!(page.contains("演示 &lt;b&gt;") && !page.contains("演示 <b>"));
        let listed = [Listed { folder: "demo".into(), name: "演示".into(), family: "payment".into() }];
        let all = index(&checked.model, &listed, &|folder| format!("{folder}.html"));
        assert!(
            all.contains("<a href=\"demo.html\">demo</a>") && all.contains("payment") && all.contains("TCP")
        );
        for part in
            ["<td>4</td><td><code>digits 12</code>", "流水号", "<td>16</td>", "成功", "unknown", "length"]
        {
            assert!(page.contains(part), "{part} is missing");
        }
    }
}
