//! Whether a value fits where it is put, and whether it may leave.

use super::Resolver;
use super::assemble::Work;
use super::expression::{article, family};
use crate::model::{Else, Expr, ExprKind, Function, Load, Space, Wire};
use crate::source::Span;
use crate::tree::{Rule, RuleKind};
use crate::value::{Constant, Private, Size, Symbol, Type, Unit};

/// Reports a value that is of another type than its target, or that may be larger than it, unless the rule says what
/// then (`else`, `cut`).
pub(crate) fn fits(
    resolver: &mut Resolver,
    source: &Expr,
    target: &Type,
    wire: Option<&Wire>,
    absent_allowed: bool,
    rule: &Rule,
    otherwise: &Else,
) {
    let said = !matches!(otherwise, Else::Fault);
    if matches!(source.ty, Type::Absent) {
        if !absent_allowed && !said {
            resolver
                .report
                .error("TS0330", source.span, "the target may not be missing")
                .help("say how a missing value stands on the wire: `absent as blank`, `optional`");
        }
        return;
    }
    let problem = match (&source.ty, target) {
        (Type::Wrong, _) | (_, Type::Wrong) => return,
        (
            Type::Text { chars: 0, .. },
            Type::Text { .. } | Type::Digits { .. } | Type::Names(_) | Type::Number { .. },
        ) => return,
        (Type::Text { chars, private }, Type::Text { chars: most, .. }) => {
            text(*chars, *private, *most, source, wire)
        }
        (Type::Digits { max, .. }, Type::Text { chars: most, .. }) => text(*max, None, *most, source, wire),
        (Type::Digits { max, .. }, Type::Digits { max: most, .. }) => {
            (max > most).then(|| (format!("may have {max} figures"), format!("holds {most}")))
        }
        (Type::Text { .. }, Type::Digits { max, min }) => return figures(resolver, source, *min, *max, said),
        (Type::Number { min, max }, Type::Number { min: low, max: high }) => (max > high
            || (source.as_constant().is_some() && min < low))
            .then(|| (format!("may be {}", number(*min, *max)), format!("holds {}", number(*low, *high)))),
        (Type::Money { digits }, Type::Money { digits: most }) => {
            let value = match source.as_constant() {
                Some(Constant::Decimal(decimal)) => decimal_digits(decimal),
                _ => *digits,
            };
            (value > *most).then(|| {
                (format!("may be up to {} yuan", yuan(value)), format!("holds up to {} yuan", yuan(*most)))
            })
        }
        (Type::Decimal { .. }, Type::Money { .. } | Type::Decimal { .. })
        | (Type::Money { .. }, Type::Decimal { .. }) => None,
        (Type::Names(names), Type::Names(known)) => {
            return subset(resolver, source, names, known, rule, said);
        }
        (Type::Bytes { max }, Type::Bytes { max: most }) => (max > most && *max < u64::MAX)
            .then(|| (format!("may have {max} bytes"), format!("holds {most}"))),
        (Type::Key, Type::Text { .. } | Type::Bytes { .. }) => None,
        (Type::Bytes { .. }, Type::Text { .. }) if matches!(wire, Some(wire) if !wire.chain.first.is_empty()) => {
            None
        }
        (Type::Group(_), Type::Group(_)) | (Type::List { .. }, Type::List { .. }) => None,
        (Type::DateTime, Type::DateTime)
        | (Type::Date, Type::Date)
        | (Type::Time, Type::Time)
        | (Type::Month, Type::Month)
        | (Type::Date, Type::Month)
        | (Type::Duration, Type::Duration)
        | (Type::Flag, Type::Flag)
        | (Type::Outcome, Type::Outcome) => None,
        (Type::Flag, Type::Names(_)) => return flags(resolver, target, rule),
        (Type::Names(names), Type::Flag) => return from_flag_names(resolver, names, rule),
        (Type::Outcome, Type::Names(_)) => return,
        (one, other) => {
            does_not_go(resolver, one, other, rule);
            return;
        }
    };
    let Some((has, holds)) = problem else { return };
    if let (ExprKind::Load(Load { space: Space::Setting | Space::Member, .. }), RuleKind::Equal(_)) =
        (&source.kind, &rule.kind)
    {
        // A fact stands whole on the wire or the message is not written: neither `cut` nor `else` is heeded.
        resolver
            .report
            .error("TS0231", rule.span, "the setting does not fit")
            .label(holds)
            .note(format!("what a deployment sets there {has}"))
            .help(
                "declare it no wider than its field: a deployment that sets more is refused before it starts",
            );
        return;
    }
    if !said && !rule.cut {
        let money = matches!(target, Type::Money { .. });
        resolver
            .report
            .error(
                "TS0231",
                rule.span,
                if money { "the amount does not fit" } else { "the value does not fit" },
            )
            .label(holds)
            .note(format!("what is put here {has}"))
            .help(if money {
                "if the counterparty takes no more, write `else refuse over_limit` behind the arrow"
            } else {
                "write `else refuse REASON` behind the arrow, or `cut` where a shorter text is good enough"
            });
    }
}

/// Reports a fact of another kind than its field: a date is no text, whoever knows it. Sizes are the fact's own.
pub(crate) fn kinds(resolver: &mut Resolver, fact: &Expr, target: &Type, rule: &Rule) {
    let strict = |ty: &Type| {
        matches!(
            ty,
            Type::Date | Type::Time | Type::DateTime | Type::Month | Type::Money { .. } | Type::List { .. }
        )
    };
    let (one, other) = (family(&fact.ty), family(target));
    let month_of_date = matches!((&fact.ty, target), (Type::Date, Type::Month));
    if one != other && one != 0 && other != 0 && (strict(&fact.ty) || strict(target)) && !month_of_date {
        does_not_go(resolver, &fact.ty, target, rule);
    }
}

fn does_not_go(resolver: &mut Resolver, one: &Type, other: &Type, rule: &Rule) {
    resolver
        .report
        .error("TS0331", rule.span, format!("{} does not go into {}", article(one), article(other)))
        .help("nothing is converted by itself: `format(x, F)`, `number(t)`, `parse_date(t, F)`, `hex(b)`");
}

fn text(
    chars: u32,
    private: Option<Private>,
    most: u32,
    source: &Expr,
    wire: Option<&Wire>,
) -> Option<(String, String)> {
    let chinese = matches!(private, Some(Private::PersonName | Private::HomeAddress));
    if let Some(wire) = wire
        && let Size::Fixed(room) | Size::Range { max: room, .. } = wire.size
        && wire.unit == Unit::Bytes
    {
        let bytes = match source.as_constant() {
            Some(Constant::Text(text)) => {
                u32::try_from(text.chars().map(|sign| if sign.is_ascii() { 1 } else { 2 }).sum::<usize>())
                    .unwrap_or(0)
            }
            _ if chinese => chars.saturating_mul(2),
            _ => chars,
        };
        return (bytes > room).then(|| (format!("may have {bytes} bytes"), format!("holds {room} bytes")));
    }
    (chars > most).then(|| (format!("may have {chars} characters"), format!("holds {most}")))
}

fn figures(resolver: &mut Resolver, source: &Expr, min: u32, max: u32, said: bool) {
    match source.as_constant() {
        Some(Constant::Text(text)) => {
            let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
            if !text.bytes().all(|byte| byte.is_ascii_digit()) || length > max || length < min {
                resolver
                    .report
                    .error("TS0332", source.span, format!("`{text}` is no text of {max} figures"))
                    .help(format!(
                        "write {max} figures, with leading zeros: `\"{}\"`",
                        "0".repeat(max as usize)
                    ));
            }
        }
        _ if said => {}
        _ => {
            resolver
                .report
                .error("TS0331", source.span, "a text does not go into a text of figures")
                .note("`digits` holds figures alone; what comes from outside may hold anything")
                .help("say what then: `else refuse bad_message`");
        }
    }
}

fn subset(
    resolver: &mut Resolver,
    source: &Expr,
    names: &[Symbol],
    known: &[Symbol],
    rule: &Rule,
    said: bool,
) {
    if said {
        return;
    }
    let names: Vec<Symbol> = match source.as_constant() {
        Some(Constant::Name(symbol)) => vec![*symbol],
        _ => names.to_vec(),
    };
    let missing: Vec<String> = names
        .iter()
        .filter(|name| !known.contains(name))
        .map(|name| resolver.symbols.text(*name).to_owned())
        .collect();
    if !missing.is_empty() {
        resolver
            .report
            .error("TS0502", rule.span, format!("nothing stands for {}", missing.join(", ")))
            .note("a table of names holds each name of the `one_of` that goes through it")
            .help("add the rows to the `codes` table, or say `else refuse …`");
    }
}

fn flags(resolver: &mut Resolver, target: &Type, rule: &Rule) {
    let Type::Names(known) = target else { return };
    let yes = resolver.symbols.intern("yes");
    let no = resolver.symbols.intern("no");
    if !known.contains(&yes) || !known.contains(&no) {
        resolver
            .report
            .error("TS0502", rule.span, "nothing stands for yes and no")
            .help("the table's rows are `\"1\" yes` and `\"0\" no`");
    }
}

fn from_flag_names(resolver: &mut Resolver, names: &[Symbol], rule: &Rule) {
    let strange: Vec<String> = names
        .iter()
        .map(|name| resolver.symbols.text(*name).to_owned())
        .filter(|name| name != "yes" && name != "no")
        .collect();
    if !strange.is_empty() {
        resolver
            .report
            .error("TS0502", rule.span, format!("{} is neither yes nor no", strange.join(", ")))
            .help("a table that goes into a `flag` has the meanings yes and no alone");
    }
}

fn number(min: i128, max: i128) -> String {
    if min == max { max.to_string() } else { format!("{min} to {max}") }
}

fn decimal_digits(decimal: &crate::value::Decimal) -> u32 {
    decimal.mantissa().unsigned_abs().checked_ilog10().unwrap_or(0) + 1
}

/// The largest amount of so many figures in fen, in yuan with separators.
fn yuan(digits: u32) -> String {
    let whole = "9".repeat((digits.saturating_sub(2)).max(1) as usize);
    let mut parts = Vec::new();
    let mut rest = whole.as_str();
    while rest.len() > 3 {
        let (before, last) = rest.split_at(rest.len() - 3);
        parts.insert(0, last);
        rest = before;
    }
    parts.insert(0, rest);
    format!("{}.99", parts.join(","))
}

/// Reports a private value that leaves to a party which does not disclose its kind.
pub(crate) fn discloses(resolver: &mut Resolver, work: &Work<'_>, source: &Expr, span: Span) {
    let Some((_, party)) = work.index.party else { return };
    let Some(kind) = private_of(source) else { return };
    let allowed = party.block.statements.iter().any(|clause| match &clause.kind {
        crate::tree::PartyClause::Discloses(names) => names.iter().any(|name| name.is(kind.word())),
        _ => false,
    });
    if !allowed {
        resolver
            .report
            .error(
                "TS0333",
                span,
                format!("private data leaves to a party that does not disclose it: {}", kind.word()),
            )
            .note("private data leaves only to a party whose `discloses` names its kind")
            .help(format!(
                "if the agreement allows it, add `{}` to the party's `discloses`; else `mask(…)` it",
                kind.word()
            ));
    }
}

/// Reports private values in what people are told: whoever may see a flow sees it, whatever their role.
pub(crate) fn told_to_people(resolver: &mut Resolver, told: &Expr) {
    let mut shown = Vec::new();
    shown_in(told, &mut shown);
    for (kind, span) in shown {
        resolver
            .report
            .error("TS0334", span, format!("private data stands in what people are told: {}", kind.word()))
            .note("what a `hold` or a `park` says is shown to everybody who may see flows, and stays in the journal as it is")
            .help("write `mask(…)` around it, or name the act by its number");
    }
}

/// Private values that a text shows, and where. Those of settings and members are the bank's own.
fn shown_in(expr: &Expr, shown: &mut Vec<(Private, Span)>) {
    match (&expr.kind, &expr.ty) {
        (
            ExprKind::Function(Function::Mask | Function::Present | Function::Digest | Function::LengthOf, _)
            | ExprKind::Load(Load { space: Space::Setting | Space::Member | Space::Key, .. }),
            _,
        ) => {}
        (ExprKind::Load(_), Type::Text { private: Some(kind), .. }) => shown.push((*kind, expr.span)),
        (ExprKind::Join(parts) | ExprKind::Function(_, parts), _) => {
            parts.iter().for_each(|part| shown_in(part, shown));
        }
        _ => {}
    }
}

fn private_of(expr: &Expr) -> Option<Private> {
    match (&expr.kind, &expr.ty) {
        (ExprKind::Function(Function::Mask | Function::Present | Function::Digest, _), _) => None,
        (
            ExprKind::Load(Load { space: Space::Ask | Space::Answer | Space::Item | Space::With, .. }),
            Type::Text { private, .. },
        ) => *private,
        (ExprKind::Join(parts) | ExprKind::Function(_, parts), _) => parts.iter().find_map(private_of),
        _ => None,
    }
}
