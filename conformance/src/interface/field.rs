//! Fields of a message as JSON, in the order of the wire.

use super::expression::{Here, expression, load, path_of};
use super::link::prefix_word;
use super::value;
use dsl::model::{
    At, Chain, Field, FieldId, FieldKind, Format, Learn, ListField, Module, Node, Prefix, Segments,
    ShownSign, Tlv, Wire, XmlUse,
};
use dsl::value::{CipherName, Coding, fill_of_form};
use serde_json::{Map, Value, json};

/// What stands in a message, a group or a row.
pub(super) fn nodes(here: Here<'_>, nodes: &[Node]) -> Vec<Value> {
    nodes.iter().filter_map(|node| self::node(here, node)).collect()
}

fn node(here: Here<'_>, node: &Node) -> Option<Value> {
    match node {
        Node::Field(id) => {
            here.message?.fields.get(usize::from(id.0)).map(|field| self::field(here, *id, field))
        }
        Node::When { condition, then, .. } => {
            Some(json!({ "kind": "when", "holds": expression(here, condition), "then": nodes(here, then) }))
        }
        Node::Choose { cases, other, .. } => {
            let cases = cases
                .iter()
                .map(|(holds, then)| json!({ "holds": expression(here, holds), "then": nodes(here, then) }));
            Some(json!({ "kind": "choose", "cases": cases.collect::<Vec<_>>(), "other": nodes(here, other) }))
        }
        Node::Check(check) => Some(json!({
            "kind": "check",
            "holds": expression(here, &check.holds),
            "else_refused": check.refuse.map_or("bad_message", |reason| here.model.symbols.text(reason)),
        })),
        // How the bank takes the message is the bank's.
        Node::Map(_) => None,
    }
}

fn field(here: Here<'_>, id: FieldId, field: &Field) -> Value {
    let mut object = Map::new();
    object.insert("kind".into(), kind(&field.kind).into());
    object.insert("name".into(), (*field.name).into());
    object.insert("path".into(), (*field.path).into());
    put(&mut object, "label", Some(&*field.label).filter(|label| !label.is_empty()));
    put(&mut object, "on_wire", field.at.as_ref().map(|at| at_wire(here, at)));
    put(&mut object, "bit", field.bit);
    put(&mut object, "tag", field.tag.as_deref());
    put(&mut object, "namespace", field.namespace.as_deref());
    put(&mut object, "optional", field.optional.then_some(true));
    put(&mut object, "ending", field.ending.as_deref());
    put(&mut object, "is", field.fact.as_ref().map(|fact| expression(here, fact)));
    put(&mut object, "reader", field.fact.as_ref().map(|_| learned(here, here.learn(id, field))));
    put(
        &mut object,
        "around_the_code",
        field.code_around.as_ref().map(|(before, behind)| json!([&**before, &**behind])),
    );
    put(&mut object, "constant", constant(here, field));
    content(here, field, &field.kind, &mut object);
    Value::Object(object)
}

/// What the bank always writes there, where that is one text.
fn constant(here: Here<'_>, field: &Field) -> Option<Value> {
    let filled = field.from.as_ref()?.source.as_constant()?;
    Some(value::of_constant(here.model, filled))
}

fn content(here: Here<'_>, field: &Field, kind: &FieldKind, object: &mut Map<String, Value>) {
    match kind {
        FieldKind::Leaf { ty, wire } => {
            object.insert("type".into(), value::of_type(here.model, ty));
            self::wire(here, wire, object);
        }
        FieldKind::Group { nodes } | FieldKind::Several { nodes } => {
            object.insert("fields".into(), self::nodes(here, nodes).into());
        }
        FieldKind::Format { format, chain, nodes } => {
            let here = Here { format: Some(format), ..here };
            object.insert("format".into(), self::format(here, format));
            put(object, "coded", coded(here, chain));
            object.insert("fields".into(), self::nodes(here, nodes).into());
        }
        FieldKind::List(list) => {
            let here = Here { list: &field.path, ..here };
            self::list(here, list, object);
        }
        FieldKind::Line { nodes, bytes, control } => {
            put(object, "bytes", *bytes);
            put(object, "control_file", control.as_ref().map(|control| format(here, control)));
            object.insert("fields".into(), self::nodes(here, nodes).into());
        }
        FieldKind::Entry { pattern, content } => {
            object.insert("file_name".into(), expression(here, pattern));
            let mut inner = Map::new();
            inner.insert("kind".into(), self::kind(content).into());
            self::content(here, field, content, &mut inner);
            object.insert("content".into(), Value::Object(inner));
        }
    }
}

fn list(here: Here<'_>, list: &ListField, object: &mut Map<String, Value>) {
    object.insert("least".into(), list.min.into());
    object.insert("most".into(), list.max.into());
    put(object, "until_end", list.until_end.then_some(true));
    put(object, "of_lines", list.of_line.then_some(true));
    put(object, "bytes", list.line_bytes);
    put(object, "one_stands_alone", list.alone.then_some(true));
    put(object, "counted_by", list.counted_by.and_then(|field| path_of(here, field)));
    put(object, "of_values", list.plain.then_some(true));
    put(object, "of_formats", list.of_format.then_some(true));
    object.insert("fields".into(), nodes(here, &list.nodes).into());
}

fn kind(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::Leaf { .. } => "value",
        FieldKind::Group { .. } => "group",
        FieldKind::Format { .. } => "format",
        FieldKind::List(_) => "list",
        FieldKind::Line { .. } => "line",
        FieldKind::Entry { .. } => "entry",
        FieldKind::Several { .. } => "several",
    }
}

fn at_wire(here: Here<'_>, at: &At) -> Value {
    match at {
        At::Text(text) => json!(&**text),
        At::Template(template, otherwise) => {
            json!({ "is": expression(here, template), "otherwise": otherwise.as_deref() })
        }
    }
}

/// What a reader does with a field whose value follows from others.
fn learned(here: Here<'_>, learn: &Learn) -> Value {
    match learn {
        Learn::Agree => json!("compares it"),
        Learn::Place(place) => json!({ "learns": load(here, *place) }),
        Learn::Outcome => json!("takes it into the outcome"),
        Learn::OriginalOutcome => json!("learns the outcome of the original"),
        Learn::Member => json!("learns the member"),
        Learn::Fresh(_, inverse) => json!({ "learns_what_was_drawn": expression(here, inverse) }),
        Learn::Seal => json!("verifies it"),
        Learn::Ignore => json!("passes it over"),
    }
}

/// Whether values are told apart by their widths.
fn has_widths(format: &Format) -> bool {
    matches!(format, Format::Fixed | Format::Iso8583 { .. })
}

/// How a value stands on the wire, put into its object.
pub(super) fn wire(here: Here<'_>, wire: &Wire, object: &mut Map<String, Value>) {
    if let Value::Object(form) = value::of_form(here.module, &wire.form) {
        object.extend(form);
    }
    let fill = wire.fill.or_else(|| fill_of_form(&wire.form, wire.size, here.format.is_some_and(has_widths)));
    put(object, "size", Some(value::of_size(wire.size, wire.unit)).filter(|size| !size.is_null()));
    put(object, "fill", fill.map(value::of_fill));
    put(object, "signed", wire.signed.then_some(true));
    object.insert("absent".into(), value::of_absent(&wire.absent));
    put(object, "coded", coded(here, &wire.chain));
    put(object, "prefix", wire.prefix.map(prefix));
    put(object, "sized_by", wire.sized_by.and_then(|field| path_of(here, field)));
    put(object, "ending", wire.ending.as_deref());
    put(object, "quoted", matches!(here.format, Some(Format::Json { .. })).then_some(wire.quoted));
    put(object, "trimmed", wire.trimmed.then_some(true));
    put(
        object,
        "tolerates",
        Some(&wire.tolerate).filter(|words| !words.is_empty()).map(|words| json!(words)),
    );
    put(object, "for_unmapped", wire.unmapped.as_deref());
    put(object, "nearest_to", wire.near.as_ref().map(|near| expression(here, near)));
}

fn prefix(prefix: Prefix) -> Value {
    json!({ "size": prefix.size, "written": prefix_word(prefix.kind) })
}

/// How a value or a format is coded; nothing where it stands as it is.
fn coded(here: Here<'_>, chain: &Chain) -> Option<Value> {
    (!chain.first.is_empty() || chain.choice.is_some()).then(|| self::chain(here, chain))
}

/// Codings in the order of writing, with the expressions that they refer to by number.
pub(super) fn chain(here: Here<'_>, chain: &Chain) -> Value {
    let choice = chain
        .choice
        .as_ref()
        .map(|(holds, other)| json!({ "first_when": expression(here, holds), "other": codings(here.module, other) }));
    let given: Vec<Value> = chain.expressions.iter().map(|one| expression(here, one)).collect();
    json!({ "first": codings(here.module, &chain.first), "choice": choice, "given": given })
}

/// Codings that stand one after another.
pub(super) fn codings(module: &Module, codings: &[Coding]) -> Vec<Value> {
    codings
        .iter()
        .map(|coding| match coding {
            Coding::Charset(name) => json!({ "coding": "charset", "charset": &**name }),
            Coding::Hex { upper, .. } => json!({ "coding": if *upper { "hex_upper" } else { "hex" } }),
            Coding::Base64 { url, .. } => json!({ "coding": if *url { "base64_url" } else { "base64" } }),
            Coding::Percent => json!({ "coding": "percent" }),
            Coding::Zlib => json!({ "coding": "zlib" }),
            Coding::Gzip => json!({ "coding": "gzip" }),
            Coding::Sheet => json!({ "coding": "sheet" }),
            Coding::Encrypt(cipher) => {
                let algorithm = match &cipher.algorithm {
                    CipherName::Fixed(name) => json!(&**name),
                    CipherName::Setting(setting) => {
                        json!({ "setting": module.settings.get(usize::from(*setting)).map(|one| &*one.name) })
                    }
                    CipherName::Member(slot) => {
                        let setting =
                            usize::from(*slot).checked_sub(1).and_then(|at| module.settings.get(at));
                        json!({ "member_setting": setting.map(|one| &*one.name) })
                    }
                };
                json!({
                    "coding": "encrypt", "algorithm": algorithm, "key": cipher.key, "iv": cipher.iv,
                    "associated": cipher.associated,
                })
            }
        })
        .collect()
}

/// A format by its word and what it is said with.
pub(super) fn format(here: Here<'_>, format: &Format) -> Value {
    match format {
        Format::Fixed => json!({ "format": "fixed" }),
        Format::Binary => json!({ "format": "binary" }),
        Format::Json { lenient } => json!({ "format": "json", "lenient": lenient }),
        Format::Form => json!({ "format": "form" }),
        Format::Delimited(parts) => json!({
            "format": "delimited",
            "separator": &*parts.separator,
            "behind_the_last_too": parts.trailing,
            "lines_end": parts.lines.as_ref().map(|(end, _)| &**end),
            "lines_also_end": parts.lines.as_ref().map(|(_, others)| json!(others)),
            "no_end_behind_the_last": parts.between,
            "escape": parts.escape.as_deref(),
        }),
        Format::Xml(used) => match used {
            XmlUse::Plain => json!({ "format": "xml" }),
            XmlUse::Soap11 => json!({ "format": "xml", "envelope": "soap 1.1" }),
            XmlUse::Soap12 => json!({ "format": "xml", "envelope": "soap 1.2" }),
            XmlUse::Form(form) => {
                let name = here.module.xml_forms.get(usize::from(*form)).map(|form| &*form.name);
                json!({ "format": "xml", "form": name })
            }
        },
        Format::Segments(form) => segments(form),
        Format::Tlv(Tlv::Ber) => json!({ "format": "tlv", "rules": "ber" }),
        Format::Tlv(Tlv::Plain { tag, length, kind }) => {
            json!({ "format": "tlv", "tag_bytes": tag, "length_bytes": length, "length_written": prefix_word(*kind) })
        }
        Format::Iso8583 { code, bitmap_hex } => {
            json!({ "format": "iso8583", "figures": value::of_text_code(*code), "bitmap_in_hex": bitmap_hex })
        }
        Format::Zip { password, plain } => json!({
            "format": "zip",
            "password": password.as_ref().map(|password| expression(here, password)),
            "entries_without_password_too": plain,
        }),
    }
}

/// The signs of a segment text or tag=value text.
fn segments(form: &Segments) -> Value {
    let sign = |shown: &ShownSign| match shown {
        ShownSign::Level(level) => format!("level {}", level + 1),
        ShownSign::Repeat => "repeat".to_owned(),
        ShownSign::Escape => "escape".to_owned(),
    };
    json!({
        "format": "segments",
        "form": &*form.name,
        "lines_end": form.lines.as_ref().map(|lines| &*lines.ended),
        "lines_also_end": form.lines.as_ref().map(|lines| json!(lines.tolerated)),
        "lines_have_names": form.lines.as_ref().map(|lines| lines.named),
        "levels": json!(form.levels),
        "behind_the_last_too": form.ended,
        "repeat": form.repeat.as_deref(),
        "between_tag_and_value": form.tagged.as_ref().map(|(between, _)| &**between),
        "values_end": form.tagged.as_ref().map(|(_, ended)| &**ended),
        "escape": form.escape.as_ref().map(|escape| json!({
            "from": &*escape.from,
            "to": &*escape.to,
            "codes": escape.rows.iter().map(|(code, meaning)| json!([&**code, meaning.as_deref()])).collect::<Vec<_>>(),
        })),
        "shown_by": form.declared.as_ref().map(|(line, shown)| json!({
            "line": &**line,
            "signs": shown.iter().map(sign).collect::<Vec<_>>(),
        })),
        "any_order": form.free,
        "any_order_after": form.after.as_deref(),
        "last": form.before.as_deref(),
        "empty_places_at_the_end": form.trailing_kept,
        "unknown_kept": form.unknown_kept,
    })
}

/// Puts what is said.
fn put(object: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value.into());
    }
}
