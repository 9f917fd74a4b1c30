//! Business records: reasons, services, and the types that a value has without a wire.

use super::Resolver;
use super::index::Index;
use crate::model::{Service, ServiceKind, Shape, ShapeField};
use crate::source::Span;
use crate::tree::{
    self, AttributeKind, CalendarKind, CharacterKind, FieldStatement, NumberKind, ServicePart, TypeExpr,
    TypeKind, Unit,
};
use crate::value::{Private, ShapeId, Type};
use std::sync::Arc;

/// Bounds of business types where none is written (`grammar.md` 4).
const MONEY_DIGITS: u32 = 15;
const PERSON_NAME_CHARS: u32 = 60;

/// Declares the reasons of a module.
pub(crate) fn reasons(resolver: &mut Resolver, index: &Index<'_>) {
    for (_, reasons) in &index.reasons {
        for row in &reasons.block.statements {
            let symbol = resolver.symbols.intern(&row.kind.text);
            if resolver.reasons.iter().any(|(known, _)| *known == symbol) {
                resolver
                    .report
                    .error(
                        "TS0203",
                        row.kind.span,
                        format!("the reason `{}` is declared twice", row.kind.text),
                    )
                    .help("leave one of the two lines");
                continue;
            }
            let label =
                row.label.text.as_ref().map_or_else(|| row.kind.text.clone(), |text| text.text.clone());
            Arc::make_mut(&mut resolver.reasons).push((symbol, label));
        }
    }
}

/// Declares the services of a module, with the shapes of their records.
pub(crate) fn services(resolver: &mut Resolver, index: &Index<'_>) {
    for (item, service) in &index.services {
        let path: Box<str> = format!("{}.{}", index.name, service.name.text).into();
        let mut ask = None;
        let mut answer = None;
        let mut refuse = Vec::new();
        for part in &service.block.statements {
            match &part.kind {
                ServicePart::Ask(block) => ask = Some(shape(resolver, &format!("{path}.ask"), block)),
                ServicePart::Answer(block) => {
                    answer = Some(shape(resolver, &format!("{path}.answer"), block));
                }
                ServicePart::Refuse(names) => refuse.extend(names.iter().map(|name| resolver.reason(name))),
            }
        }
        let ask = ask.unwrap_or_else(|| empty(resolver, &format!("{path}.ask")));
        let answer = answer.unwrap_or_else(|| empty(resolver, &format!("{path}.answer")));
        let place = u16::try_from(resolver.services.len()).unwrap_or(u16::MAX);
        Arc::make_mut(&mut resolver.service_index).insert(path.clone(), place);
        Arc::make_mut(&mut resolver.services).push(Service {
            path,
            kind: match service.kind {
                tree::ServiceKind::Query => ServiceKind::Query,
                tree::ServiceKind::Posting => ServiceKind::Posting,
                tree::ServiceKind::Notice => ServiceKind::Notice,
                tree::ServiceKind::Batch => ServiceKind::Batch,
            },
            label: label(&item.label),
            ask,
            answer,
            refuse,
            span: service.name.span,
        });
    }
}

pub(crate) fn label(label: &tree::Label) -> Box<str> {
    label.text.as_ref().map_or_else(Box::default, |text| text.text.clone())
}

/// A record without fields.
pub(crate) fn empty(resolver: &mut Resolver, name: &str) -> ShapeId {
    declare(resolver, Shape { name: name.into(), fields: Vec::new() })
}

pub(crate) fn declare(resolver: &mut Resolver, shape: Shape) -> ShapeId {
    let id = ShapeId(u32::try_from(resolver.shapes.len()).unwrap_or(u32::MAX));
    Arc::make_mut(&mut resolver.shape_index).insert(Arc::from(&*shape.name), id);
    Arc::make_mut(&mut resolver.shapes).push(Arc::new(shape));
    id
}

/// The record that a block of fields without a wire declares.
pub(crate) fn shape(resolver: &mut Resolver, name: &str, block: &tree::Block<FieldStatement>) -> ShapeId {
    let id = empty(resolver, name);
    let mut fields: Vec<ShapeField> = Vec::new();
    for node in &block.statements {
        let FieldStatement::Field(field) = &node.kind else {
            resolver
                .report
                .error("TS0301", node.span, "only fields stand in a business record")
                .help("write `name type`; conditions and rules belong into packets and calls");
            continue;
        };
        if let Some(earlier) = fields.iter().find(|other| *other.name == *field.name.text) {
            let at = earlier.span;
            resolver
                .report
                .error(
                    "TS0204",
                    field.name.span,
                    format!("the field `{}` stands twice in this record", field.name.text),
                )
                .at(at, "the first stands here")
                .help("take one of the lines away, or give it another name");
            continue;
        }
        let ty = business(resolver, name, field);
        let optional =
            field.attributes.iter().any(|attribute| matches!(attribute.kind, AttributeKind::Optional));
        fields.push(ShapeField {
            name: field.name.text.clone(),
            ty,
            optional,
            label: label(&node.label),
            span: field.name.span,
        });
    }
    if let Some(shape) = Arc::make_mut(&mut resolver.shapes).get_mut(id.0 as usize) {
        Arc::make_mut(shape).fields = fields;
    }
    id
}

/// The type of a field of a business record.
fn business(resolver: &mut Resolver, record: &str, field: &tree::Field) -> Type {
    match &field.type_.kind {
        TypeKind::List(list) => {
            let Some(size) = &list.size else {
                resolver
                    .report
                    .error(
                        "TS0302",
                        field.type_.span,
                        format!("the list `{}` has no maximum", field.name.text),
                    )
                    .help("say how many at most: `list ..99`");
                return Type::Wrong;
            };
            let name = format!("{record}.{}", field.name.text);
            let shape = if let Some(like) = &list.like {
                like_shape(resolver, &name, like)
            } else if let Some(block) = &field.block {
                shape(resolver, &name, block)
            } else {
                resolver
                    .report
                    .error(
                        "TS0303",
                        field.type_.span,
                        format!("the list `{}` says nothing of its items", field.name.text),
                    )
                    .help("write their fields in a block, or `like ANOTHER.LIST`");
                empty(resolver, &name)
            };
            Type::List { max: size.max, shape }
        }
        TypeKind::Group => match &field.block {
            Some(block) => Type::Group(shape(resolver, &format!("{record}.{}", field.name.text), block)),
            None => Type::Wrong,
        },
        TypeKind::Like(like) => {
            Type::Group(like_shape(resolver, &format!("{record}.{}", field.name.text), like))
        }
        _ => plain(resolver, &field.type_),
    }
}

/// `like PATH (except …)`: a shape of its own with the same fields.
pub(crate) fn like_shape(resolver: &mut Resolver, name: &str, like: &tree::Like) -> ShapeId {
    let path = like.path.text();
    let Some(&other) = resolver.shape_index.get(&*path) else {
        let known: Vec<String> = resolver.shape_index.keys().map(ToString::to_string).collect();
        resolver
            .report
            .error("TS0304", like.path.span, format!("there is no record `{path}`"))
            .suggest(&path, known.iter().map(String::as_str));
        return empty(resolver, name);
    };
    let module = |record: &str| Box::from(record.split('.').next().unwrap_or_default());
    let lender: Box<str> = module(&path);
    if lender != module(name) && !resolver.lenders.contains(&lender) {
        Arc::make_mut(&mut resolver.lenders).insert(lender);
    }
    let fields = resolver.shapes.get(other.0 as usize).map_or_else(Vec::new, |shape| shape.fields.clone());
    for left_out in &like.except {
        if !fields.iter().any(|field| *field.name == *left_out.text) {
            let names: Vec<String> = fields.iter().map(|field| field.name.to_string()).collect();
            resolver
                .report
                .error(
                    "TS0305",
                    left_out.span,
                    format!("`{path}` has no field `{}` to leave out", left_out.text),
                )
                .suggest(&left_out.text, names.iter().map(String::as_str));
        }
    }
    let fields = fields
        .into_iter()
        .filter(|field| !like.except.iter().any(|name| *name.text == *field.name))
        .collect();
    declare(resolver, Shape { name: name.into(), fields })
}

/// A type of one value, without a wire.
pub(crate) fn plain(resolver: &mut Resolver, type_: &TypeExpr) -> Type {
    match &type_.kind {
        TypeKind::Characters { kind, size } => characters(resolver, *kind, size.as_ref(), type_.span),
        TypeKind::Number { kind, size } => number(resolver, *kind, size.as_ref(), type_.span),
        TypeKind::Calendar { kind, .. } => calendar(*kind),
        TypeKind::Flag { .. } => Type::Flag,
        TypeKind::OneOf(choices) => {
            Type::Names(choices.iter().map(|choice| resolver.symbols.intern(&choice.name.text)).collect())
        }
        TypeKind::Duration => Type::Duration,
        TypeKind::Outcome => Type::Outcome,
        TypeKind::Code { .. }
        | TypeKind::Like(_)
        | TypeKind::Group
        | TypeKind::Several
        | TypeKind::Line { .. }
        | TypeKind::List(_)
        | TypeKind::Format(_)
        | TypeKind::Entry { .. } => {
            resolver
                .report
                .error("TS0306", type_.span, "this type has a wire form, and none stands here")
                .help("business records and settings hold `text`, `number`, `money`, `date`, `one_of`, `flag` and their like");
            Type::Wrong
        }
    }
}

pub(crate) fn calendar(kind: CalendarKind) -> Type {
    match kind {
        CalendarKind::Date => Type::Date,
        CalendarKind::Time => Type::Time,
        CalendarKind::DateTime => Type::DateTime,
        CalendarKind::Month => Type::Month,
    }
}

/// Octets of a size in `KB` and `MB` too.
pub(crate) fn octets(size: &tree::Size) -> u64 {
    match size.unit {
        Some(Unit::Kilobytes) => size.max.saturating_mul(1 << 10),
        Some(Unit::Megabytes) => size.max.saturating_mul(1 << 20),
        _ => size.max,
    }
}

fn count(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

pub(crate) fn private_of(kind: CharacterKind) -> Option<Private> {
    Some(match kind {
        CharacterKind::AccountNo => Private::AccountNo,
        CharacterKind::CardNo => Private::CardNo,
        CharacterKind::IdentityNo => Private::IdentityNo,
        CharacterKind::Phone => Private::Phone,
        CharacterKind::PersonName => Private::PersonName,
        CharacterKind::HomeAddress => Private::HomeAddress,
        CharacterKind::Email => Private::Email,
        CharacterKind::Text | CharacterKind::Ascii | CharacterKind::Digits | CharacterKind::Bytes => {
            return None;
        }
    })
}

fn characters(resolver: &mut Resolver, kind: CharacterKind, size: Option<&tree::Size>, span: Span) -> Type {
    let chars = size.map(|size| count(size.max));
    match kind {
        CharacterKind::Digits => match size {
            Some(size) => Type::Digits { min: count(size.min), max: count(size.max) },
            None => unsized_type(resolver, "digits", span),
        },
        CharacterKind::Bytes => match size {
            Some(size) => Type::Bytes { max: octets(size) },
            None => unsized_type(resolver, "bytes", span),
        },
        CharacterKind::Text | CharacterKind::Ascii => match chars {
            Some(chars) => Type::Text { chars, private: None },
            None => unsized_type(resolver, "text", span),
        },
        CharacterKind::AccountNo | CharacterKind::CardNo => {
            Type::Text { chars: chars.unwrap_or(32), private: private_of(kind) }
        }
        CharacterKind::IdentityNo => Type::Text { chars: chars.unwrap_or(30), private: private_of(kind) },
        CharacterKind::Phone => Type::Text { chars: chars.unwrap_or(20), private: private_of(kind) },
        CharacterKind::PersonName | CharacterKind::HomeAddress => {
            Type::Text { chars: chars.unwrap_or(PERSON_NAME_CHARS), private: private_of(kind) }
        }
        CharacterKind::Email => Type::Text { chars: chars.unwrap_or(120), private: private_of(kind) },
    }
}

fn unsized_type(resolver: &mut Resolver, word: &str, span: Span) -> Type {
    resolver
        .report
        .error("TS0307", span, format!("`{word}` needs a size"))
        .note("every text, list and message has a bound")
        .help(format!("for example `{word} ..32 chars`"));
    Type::Wrong
}

pub(crate) fn number(
    resolver: &mut Resolver,
    kind: NumberKind,
    size: Option<&tree::Size>,
    span: Span,
) -> Type {
    match kind {
        NumberKind::Money(_) => {
            Type::Money { digits: size.map_or(MONEY_DIGITS, |size| count(size.max)).min(28) }
        }
        NumberKind::Number => match size {
            Some(size) if matches!(size.unit, Some(Unit::Digits)) => {
                Type::Number { min: 0, max: power_of_ten(count(size.max)) - 1 }
            }
            Some(size) => Type::Number {
                min: if size.range { i128::from(size.min) } else { 0 },
                max: i128::from(size.max),
            },
            None => unsized_type(resolver, "number", span),
        },
        NumberKind::Decimal => match size {
            Some(size) => Type::Decimal { digits: count(size.max), scale: 6 },
            None => unsized_type(resolver, "decimal", span),
        },
    }
}

/// Ten to the power of `digits`, at most 10^38.
pub(crate) fn power_of_ten(digits: u32) -> i128 {
    10_i128.checked_pow(digits).unwrap_or(i128::MAX)
}
