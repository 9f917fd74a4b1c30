//! The interface of a party as one JSON object, for programs of its engineers: links, sessions, codes, every message field by
//! field, the rules that hold among them, and whole messages with their values.
//!
//! In: a module of the checked model, the source map (rules are also shown as they stand), specimens of its messages. Out: a
//! value of JSON, described in `conformance/README.md`. It says what goes over the wire and what each side promises; how the
//! bank fills its messages is not in it. It must not know files, sockets or programs.

mod expression;
mod field;
mod link;
mod value;

use crate::laws::Specimen;
use dsl::mirror::mirror;
use dsl::model::{Call, CodeTable, ExprKind, MessageId, MessageSide, MessageWhen, Model, Module, Way};
use dsl::model::{NamePiece, Session};
use dsl::resolve::Choice;
use dsl::source::SourceMap;
use dsl::value::{Pauses, Symbol};
use expression::{Here, expression};
use serde_json::{Map, Value, json};

/// Of the form that is written here; a change that breaks a reader counts it up.
const EDITION: u32 = 1;

/// The interface of a party in a variant (settings by name), with these specimens as its samples.
#[must_use]
pub fn interface(
    model: &Model,
    module: &Module,
    sources: &SourceMap,
    variant: &Choice,
    samples: &[Specimen],
) -> Value {
    let (turned, _) = mirror(module);
    let whole = Interface { model, module, turned: &turned, sources };
    let party = module.party.as_ref();
    let here = whole.outside();
    let member = module.member.as_ref().map(|member| {
        json!({ "name": &*member.name, "naming": &*member.naming, "type": value::of_type(model, &member.ty) })
    });
    let settings = module.settings.iter().map(|setting| {
        json!({
            "name": &*setting.name,
            "label": &*setting.label,
            "type": value::of_type(model, &setting.ty),
            "of_member": setting.of_member,
        })
    });
    let keys = module.keys.iter().map(|key| {
        let half = key.ours.map(|ours| if ours { "the bank's" } else { "the party's" });
        json!({
            "name": &*key.name,
            "label": &*key.label,
            "kind": &*key.kind,
            "size": key.size,
            "private_half": half,
            "of_member": key.of_member,
        })
    });
    let assumed = module.assumed.iter().map(|one| json!({ "what": &*one.what, "why": &*one.why }));
    let variant: Map<String, Value> =
        variant.iter().map(|(setting, name)| (setting.to_string(), (**name).into())).collect();
    json!({
        "interface": EDITION,
        "variant": variant,
        "party": &*module.name,
        "folder": &*module.folder,
        "label": &*module.label,
        "doc": &*module.doc,
        "charset": party.map(|party| &*party.charset),
        "cut_over": party.and_then(|party| party.cut_over).map(minute),
        "serial": party.and_then(|party| party.serial.as_ref()).map(|serial| expression(here, serial)),
        "settings": settings.collect::<Vec<_>>(),
        "keys": keys.collect::<Vec<_>>(),
        "member": member,
        "links": module.links.iter().map(|one| link::link(here, one)).collect::<Vec<_>>(),
        "sessions": module.sessions.iter().map(|one| whole.session(one)).collect::<Vec<_>>(),
        "codes": module.codes.iter().map(|one| whole.codes(one)).collect::<Vec<_>>(),
        "xml_forms": module.xml_forms.iter().map(|form| value::of_xml_form(module, form)).collect::<Vec<_>>(),
        "calls": module.calls.iter().map(|one| whole.call(one)).collect::<Vec<_>>(),
        "assumed": assumed.collect::<Vec<_>>(),
        "samples": samples.iter().map(sample).collect::<Vec<_>>(),
    })
}

fn sample(specimen: &Specimen) -> Value {
    json!({
        "message": specimen.message,
        "fields": specimen.fields,
        "parts": specimen.parts,
        "given": specimen.given,
        "seals": specimen.seals.iter().map(|step| json!({
            "what": step.what,
            "over": value::hex(&step.over),
            "gives": value::hex(&step.gives),
        })).collect::<Vec<_>>(),
    })
}

/// A minute of the day as people write it.
fn minute(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// What is spoken of.
struct Interface<'a> {
    model: &'a Model,
    module: &'a Module,
    /// The module as the party sees it.
    turned: &'a Module,
    sources: &'a SourceMap,
}

impl<'a> Interface<'a> {
    fn outside(&self) -> Here<'a> {
        Here {
            model: self.model,
            module: self.module,
            sources: self.sources,
            call: None,
            message: None,
            turned: None,
            format: None,
            list: "",
            row: None,
        }
    }

    fn name(&self, call: dsl::model::CallId) -> Option<&str> {
        self.module.calls.get(usize::from(call.0)).map(|call| &*call.name)
    }

    fn names(&self, calls: &[dsl::model::CallId]) -> Vec<Option<&str>> {
        calls.iter().map(|call| self.name(*call)).collect()
    }

    fn reason(&self, reason: Symbol) -> &str {
        self.model.symbols.text(reason)
    }

    fn session(&self, session: &Session) -> Value {
        let here = self.outside();
        let values = session.values.iter().map(|value| {
            json!({
                "name": &*value.name,
                "type": value::of_type(self.model, &value.ty),
                "drawn_by_the_bank": value.make,
                "is": expression(here, &value.value),
            })
        });
        let all: Vec<_> = self.module.sessions.iter().flat_map(|session| &session.values).collect();
        let changes = session.changes.iter().map(|(slot, value)| {
            let name = all.get(usize::from(*slot)).map(|value| &*value.name);
            json!({ "name": name, "is": expression(here, value) })
        });
        let renew =
            session.renew.iter().map(|(why, times)| json!({ "on": self.reason(*why), "times": times }));
        json!({
            "name": &*session.name,
            "for_each_member": session.per_member,
            "bank_signs_in_by": session.open.and_then(|call| self.name(call)),
            "at_start": session.at_start,
            "at_each_connection": session.at_connect,
            "at": session.at.iter().copied().map(minute).collect::<Vec<_>>(),
            "party_signs_in_by": session.serve.and_then(|call| self.name(call)),
            "signed_in_again": renew.collect::<Vec<_>>(),
            "values": values.collect::<Vec<_>>(),
            "changes": changes.collect::<Vec<_>>(),
            "checks": session.checks.iter().map(|check| expression(here, check)).collect::<Vec<_>>(),
            "until": session.until.as_ref().map(|until| expression(here, until)),
            "taken_anew_before_its_end_ms": session.early_ms,
            "old_values_stay_good_ms": session.overlap_ms,
            "numbered": session.numbering.map(|numbering| json!({
                "begun_anew_each_day": numbering.daily,
                "missing_asked_for_by": { "bank": self.name(numbering.gap.0), "party": self.name(numbering.gap.1) },
                "filled_by": { "bank": self.name(numbering.fill.0), "party": self.name(numbering.fill.1) },
                "open_ones_sent_again": numbering.resends,
            })),
            "bank_signs_off_by": session.close.and_then(|call| self.name(call)),
            "bank_signs_off_at": session.close_at.map(minute),
        })
    }

    fn codes(&self, table: &CodeTable) -> Value {
        let here = self.outside();
        let rows = table.rows.iter().map(|row| {
            json!({
                "text": expression(here, &row.text),
                "means": value::of_meaning(self.model, row.meaning),
                "label": &*row.label,
            })
        });
        let mut object = Map::new();
        object.insert("name".into(), (*table.name).into());
        object.insert("label".into(), (*table.label).into());
        object.insert("of_outcomes".into(), table.outcomes.into());
        field::wire(here, &table.wire, &mut object);
        object.insert("rows".into(), rows.collect());
        object
            .insert("other".into(), table.other.map(|meaning| value::of_meaning(self.model, meaning)).into());
        object.insert(
            "absent_means".into(),
            table.absent.map(|meaning| value::of_meaning(self.model, meaning)).into(),
        );
        Value::Object(object)
    }

    fn call(&self, call: &Call) -> Value {
        let here = Here { call: Some(call), ..self.outside() };
        let asked = Here { message: self.module.messages.get(usize::from(call.request.0)), ..here };
        let link = self.module.links.get(usize::from(call.link)).map(|link| &*link.name);
        let service = call.service.and_then(|service| self.model.services.get(usize::from(service)));
        let ids = std::iter::once(&call.request).chain(&call.replies).chain(&call.later);
        let outcome = call.outcome.as_ref().map(|rule| {
            let rows = rule.rows.iter().map(|(codes, outcome, label)| {
                json!({ "codes": codes, "means": value::of_outcome(self.model, *outcome), "label": &**label })
            });
            json!({ "fields": rule.fields, "rows": rows.collect::<Vec<_>>() })
        });
        // Whether there is more is asked of the answer.
        let answered = call.replies.first().and_then(|reply| self.module.messages.get(usize::from(reply.0)));
        let paged = Here { message: answered, ..here };
        let pages = call.pages.as_ref().map(
            |(rows, pages, more)| json!({ "rows": rows, "pages": pages, "more": expression(paged, more) }),
        );
        json!({
            "name": &*call.name,
            "label": &*call.label,
            "doc": &*call.doc,
            "begins": side(call.ours),
            "link": link,
            "service": service.map(|service| json!({ "path": &*service.path, "label": &*service.label })),
            "settles": self.names(&call.settles),
            "undoes": self.names(&call.undoes),
            "about": self.names(&call.about),
            "known_again_by": call.once.iter().map(|part| expression(asked, part)).collect::<Vec<_>>(),
            "party_promises": promises(call),
            "after_unknown": call.unknown.iter().map(|way| self.way(way)).collect::<Vec<_>>(),
            "pages": pages,
            "due": call.due.as_ref().map(|due| expression(asked, due)),
            "only_when": call.only_when.as_ref().map(|when| expression(here, when)),
            "outcome": outcome,
            "messages": ids.filter_map(|id| self.message(call, *id)).collect::<Vec<_>>(),
        })
    }

    fn way(&self, way: &Way) -> Value {
        match way {
            Way::Enquire { with, pauses: Pauses::Doubling { every_ms, to_ms }, times } => {
                json!({ "way": "enquire", "by": self.name(*with), "every_ms": every_ms, "up_to_ms": to_ms, "times": times })
            }
            Way::Enquire { with, pauses: Pauses::Given(each), .. } => {
                json!({ "way": "enquire", "by": self.name(*with), "after_ms": each })
            }
            Way::Repeat { pauses: Pauses::Doubling { every_ms, to_ms }, times } => {
                json!({ "way": "repeat", "every_ms": every_ms, "up_to_ms": to_ms, "times": times })
            }
            Way::Repeat { pauses: Pauses::Given(each), .. } => json!({ "way": "repeat", "after_ms": each }),
            Way::Undo { with } => json!({ "way": "reverse", "by": self.name(*with) }),
            Way::Park => json!({ "way": "people decide" }),
            Way::Refuse(why) => json!({ "way": "refuse", "reason": self.reason(*why) }),
        }
    }

    fn message(&self, call: &Call, id: MessageId) -> Option<Value> {
        let message = self.module.messages.get(usize::from(id.0))?;
        let turned = self.turned.messages.get(usize::from(id.0));
        let here = Here { call: Some(call), message: Some(message), turned, ..self.outside() };
        let side_word = match message.side {
            MessageSide::Request => "request",
            MessageSide::Reply => "reply",
            MessageSide::Later => "later",
        };
        let when = message.when.map(|when| match when {
            MessageWhen::Done => "done",
            MessageWhen::Refused => "refused",
            MessageWhen::Unknown => "unknown",
        });
        let means = message.means.map(|means| value::of_outcome(self.model, means));
        let held = message.held.and_then(|id| message.fields.get(usize::from(id.0))?.fact.as_ref());
        let held = held.and_then(|octets| match octets.kind {
            ExprKind::Raw(whole) => expression::path_of(here, whole),
            _ => None,
        });
        let file = message.file.as_ref().map(|file| {
            let pieces = file.name.iter().map(|piece| match piece {
                NamePiece::Text(text) => json!({ "text": &**text }),
                NamePiece::Field(id) => json!({ "field": message.fields.get(usize::from(id.0)).map(|field| &*field.path) }),
                NamePiece::Known(known) => json!({ "is": expression(here, known) }),
                NamePiece::Request(load) => json!({ "is": expression::load(here, *load) }),
                NamePiece::Learned(load, form, ty) => {
                    json!({ "is": expression::load(here, *load), "form": value::of_form(self.module, form), "type": value::of_type(self.model, ty) })
                }
            });
            json!({
                "name": pieces.collect::<Vec<_>>(),
                "name_fields": field::nodes(here, &file.name_nodes),
                "name_ending": &*file.name_ending,
                "done": file.done.as_deref(),
                "format": field::format(here, &file.format),
                "coded": field::chain(here, &file.chain),
            })
        });
        Some(json!({
            "message": format!("{}.{side_word}", call.name),
            "code": &*message.code,
            "written_by": side(message.ours),
            "when": when,
            "means": means,
            "request_fields": held,
            "believed_without_a_seal": message.unsealed.as_deref(),
            "charset": &*message.charset,
            "file": file,
            "unknown_kept": message.unknown_kept,
            "fields": field::nodes(here, &message.nodes),
        }))
    }
}

/// Who does what the bank or its counterparty does.
fn side(ours: bool) -> &'static str {
    if ours { "bank" } else { "party" }
}

fn promises(call: &Call) -> Vec<Value> {
    let said = &call.promises;
    let words = [
        (said.same_answer, "a repeat gets the first answer"),
        (said.same_answer_when_done, "a repeat gets the first answer if that was done"),
        (said.says_duplicate, "a repeat is refused as a duplicate"),
        (said.remembered, "a reversal that came first refuses the original later"),
        (said.repeatable, "may be sent again"),
        (said.within_business_date, "only on the business date of the original"),
        (said.assured, "cannot be refused"),
        (said.proves_done_only, "proves done only"),
        (said.in_order, "what bears a lower number was taken before, or never is"),
    ];
    let words = words.into_iter().filter(|(given, _)| *given).map(|(_, word)| Value::from(word));
    let quiet = said.quiet_ms.map(|quiet| json!({ "no_copy_arrives_after_ms": quiet }));
    let holds = said.holds_ms.map(|holds| json!({ "lets_go_after_ms": holds }));
    let repeats = said.repeats_within_ms.map(|within| json!({ "repeats_within_ms": within }));
    words.chain(quiet).chain(holds).chain(repeats).collect()
}
