//! The functions of the vocabulary (`grammar.md` 5): what they take and what they give.

mod algorithms;

mod regions;

use super::Resolver;
use super::assemble::{DraftKind, Work};
use super::expression::{self, article, expression, fold, is_of_one_row};
use super::path::Scope;
use crate::model::{Expr, ExprKind, Fold, Function};
use crate::source::Span;
use crate::tree;
use crate::value::{Charset, Constant, Outcome, Type};
pub(crate) use algorithms::{CIPHERS, binds, listed, names_algorithms};
use algorithms::{algorithm, algorithms, checksum_most, ciphered, digest_octets, mac_octets};
use regions::{length, pairs, raw};

const TEXT: Type = Type::Text { chars: 4_000, private: None };
const BYTES: Type = Type::Bytes { max: u64::MAX };

/// Types a call of a function.
pub(crate) fn call(
    resolver: &mut Resolver,
    work: &Work<'_>,
    call: &tree::Call,
    span: Span,
    scope: &Scope,
    expected: Option<&Type>,
) -> Expr {
    match &*call.name.text {
        "count" | "sum" | "only" => {
            if !arity(resolver, call, span, 1, 1) {
                return wrong(span);
            }
            let argument = &call.arguments[0];
            if call.name.is("only") && !is_of_one_row(resolver, work, argument, scope) {
                return wrong(span);
            }
            let which = if call.name.is("count") { Fold::Count } else { Fold::Sum };
            return fold(resolver, work, which, call.name.is("only"), argument, span, scope);
        }
        "raw" => return raw(resolver, work, call, span, scope),
        "length" => return length(resolver, work, call, span, scope),
        "pairs" => return pairs(resolver, work, call, span, scope),
        "counter" => {
            return match call.arguments.first().map(|argument| &argument.value.kind) {
                Some(tree::ExprKind::Number(number)) => {
                    let digits = u32::try_from(number.whole().unwrap_or(12)).unwrap_or(12);
                    Expr {
                        kind: ExprKind::Counter(digits),
                        ty: Type::Digits { min: digits, max: digits },
                        span,
                    }
                }
                _ => {
                    arity(resolver, call, span, 1, 1);
                    wrong(span)
                }
            };
        }
        "done" => return done(resolver, call, span),
        "now" => return Expr { kind: ExprKind::Now, ty: Type::DateTime, span },
        _ => {}
    }
    let Some((function, _)) = Function::WORDS.iter().find(|(_, word)| call.name.is(word)) else {
        let own = ["count", "sum", "only", "raw", "length", "pairs", "counter", "done"];
        resolver
            .report
            .error("TS0320", call.name.span, format!("there is no function `{}`", call.name.text))
            .suggest(&call.name.text, Function::WORDS.iter().map(|(_, word)| *word).chain(own));
        return wrong(span);
    };
    let (least, most) = arguments_of(*function);
    if !arity(resolver, call, span, least, most) {
        return wrong(span);
    }
    let mut arguments = Vec::with_capacity(call.arguments.len());
    for (place, argument) in call.arguments.iter().enumerate() {
        if let Some(names) = algorithms(*function, place) {
            arguments.push(algorithm(resolver, work, argument, scope, names));
            continue;
        }
        if let (
            Function::Format | Function::ParseDate | Function::Round | Function::Encoded | Function::Duration,
            0 | 1,
        ) = (function, place)
            && let tree::ExprKind::Path(path) = &argument.value.kind
            && let Some(name) = path.single()
            && is_word(*function, place, &name.text)
        {
            arguments.push(Expr::constant(Constant::Text(name.text.clone()), TEXT, argument.span));
            continue;
        }
        if *function == Function::Position {
            arguments.push(position(resolver, work, argument, scope));
            continue;
        }
        let wanted = if matches!(function, Function::If | Function::Either) { expected } else { None };
        arguments.push(expression(resolver, work, &argument.value, scope, wanted));
    }
    let key_bits = arguments.get(1).and_then(|key| key_bits(work, key));
    let mut built = build(resolver, *function, arguments, span);
    if let (Function::Signature, Some(bits), Type::Bytes { max }) = (function, key_bits, &mut built.ty) {
        *max = u64::from(bits.div_ceil(8));
    }
    built
}

/// `done(REASON)`: done, with what is to be said of it.
fn done(resolver: &mut Resolver, call: &tree::Call, span: Span) -> Expr {
    if !arity(resolver, call, span, 1, 1) {
        return wrong(span);
    }
    let name = match call.arguments.first().map(|argument| &argument.value.kind) {
        Some(tree::ExprKind::Path(path)) => path.single(),
        _ => None,
    };
    let Some(name) = name else {
        resolver
            .report
            .error("TS0321", span, "`done` takes the name of a reason")
            .help("write `done(partly_booked)`, with a reason that a `reasons` block declares");
        return wrong(span);
    };
    let reason = resolver.reason(name);
    Expr::constant(Constant::Outcome(Outcome::Done(Some(reason))), Type::Outcome, span)
}

/// Bits of a signature by the key that an argument names: those of an RSA key, if its declaration says them.
fn key_bits(work: &Work<'_>, argument: &Expr) -> Option<u32> {
    let ExprKind::Load(crate::model::Load { space: crate::model::Space::Key, slot, .. }) = argument.kind
    else {
        return None;
    };
    let key = work.keys.get(usize::from(slot))?;
    match &*key.kind {
        "rsa" => key.size,
        // Two numbers of 32 octets, in DER.
        "sm2" | "ec" => Some(72 * 8),
        // The signature is in an envelope with the certificate, maybe with those above it.
        "certificate" => Some(8_192 * 8),
        _ => None,
    }
}

fn wrong(span: Span) -> Expr {
    Expr::constant(Constant::Absent, Type::Wrong, span)
}

fn arity(resolver: &mut Resolver, call: &tree::Call, span: Span, least: usize, most: usize) -> bool {
    let has = call.arguments.len();
    if (least..=most).contains(&has) {
        return true;
    }
    let wanted = if least == most { format!("{least}") } else { format!("{least} to {most}") };
    resolver
        .report
        .error("TS0321", span, format!("`{}` takes {wanted} arguments, {has} are given", call.name.text))
        .help(format!(
            "see `tongshi explain TS0321` for what each function takes, `{}` among them",
            call.name.text
        ));
    false
}

fn arguments_of(function: Function) -> (usize, usize) {
    match function {
        Function::If | Function::Replace | Function::Pad | Function::Hmac | Function::Mac => (3, 3),
        Function::Either | Function::Lines | Function::Values => (1, 16),
        Function::JoinWith => (2, 16),
        Function::First
        | Function::Last
        | Function::Format
        | Function::ParseDate
        | Function::Days
        | Function::Round
        | Function::Encoded
        | Function::CutOut
        | Function::Digest
        | Function::Checksum
        | Function::Duration => (2, 2),
        Function::Kcv => (2, 3),
        Function::JoinPairs => (3, 3),
        Function::Signature => (3, 4),
        Function::Encrypt | Function::Decrypt => (3, 5),
        _ => (1, 1),
    }
}

fn is_word(function: Function, place: usize, word: &str) -> bool {
    match function {
        Function::Round => place == 1 && matches!(word, "half_up" | "half_even" | "down" | "up"),
        Function::Encoded => place == 0 && Charset::from_name(word).is_some(),
        Function::Duration => place == 1 && matches!(word, "s" | "ms" | "m" | "h"),
        _ => false,
    }
}

fn position(resolver: &mut Resolver, work: &Work<'_>, argument: &tree::Argument, scope: &Scope) -> Expr {
    if let tree::ExprKind::Path(path) = &argument.value.kind
        && let Some(name) = path.single()
        && let Some(level) = scope.items.iter().position(|item| *item.name == *name.text)
    {
        let level = u8::try_from(level + 1).unwrap_or(u8::MAX);
        let load = crate::model::Load { space: crate::model::Space::Item, level, slot: u16::MAX, call: 0 };
        return Expr {
            kind: ExprKind::Load(load),
            ty: Type::Number {
                min: 1,
                max: rows_around(work, scope, usize::from(level)).unwrap_or(10_000_000),
            },
            span: argument.span,
        };
    }
    // The row that a `where` looks at.
    if let tree::ExprKind::Path(path) = &argument.value.kind
        && path.single().is_some_and(|name| name.is("item"))
        && let Some(crate::resolve::path::RowNames::Shape { space, level, call, .. }) = scope.row
    {
        let load = crate::model::Load { space, level, slot: u16::MAX, call };
        return Expr {
            kind: ExprKind::Load(load),
            ty: Type::Number { min: 1, max: 10_000_000 },
            span: argument.span,
        };
    }
    resolver
        .report
        .error("TS0324", argument.span, "`position` takes the row of a list around it")
        .help("write `position(item)`, or the name after `as`");
    wrong(argument.span)
}

/// The most rows of the list that gives the row of that level, counted from outside.
fn rows_around(work: &Work<'_>, scope: &Scope, level: usize) -> Option<i128> {
    let draft = work.drafts.get(scope.message?)?;
    let mut lists: Vec<_> = draft
        .fields
        .iter()
        .filter(|field| scope.container.starts_with(&field.path))
        .filter_map(|field| match &field.kind {
            DraftKind::List { tree, arrow: Some(_), .. } => Some((field.path.len(), tree.size.as_ref()?.max)),
            _ => None,
        })
        .collect();
    lists.sort_unstable();
    lists.get(level.checked_sub(1)?).map(|(_, most)| i128::from(*most))
}

fn build(resolver: &mut Resolver, function: Function, arguments: Vec<Expr>, span: Span) -> Expr {
    if arguments.iter().any(|argument| matches!(argument.ty, Type::Wrong)) {
        return wrong(span);
    }
    let text_like = |ty: &Type| {
        matches!(ty, Type::Text { .. } | Type::Digits { .. } | Type::Names(_) | Type::Number { .. })
    };
    let byte_like = |ty: &Type| text_like(ty) || matches!(ty, Type::Bytes { .. } | Type::Key | Type::Pairs);
    let chars = |ty: &Type| expression::text_length(ty).unwrap_or(4_000);
    let first = arguments.first().map_or(Type::Absent, |argument| argument.ty.clone());
    let second = arguments.get(1).map_or(Type::Absent, |argument| argument.ty.clone());
    let third = arguments.get(2).map_or(Type::Absent, |argument| argument.ty.clone());
    let ok = |holds: bool, ty: Type| if holds { Some(ty) } else { None };
    let ty = match function {
        Function::If => {
            let condition = matches!(first, Type::Flag);
            if let (true, Some(Constant::Flag(value))) = (condition, arguments[0].as_constant()) {
                return arguments[if *value { 1 } else { 2 }].clone();
            }
            ok(condition, wider(&second, &third))
        }
        Function::Either => {
            let ty = arguments
                .iter()
                .map(|argument| &argument.ty)
                .fold(Type::Absent, |one, other| wider(&one, other));
            // A list stands where it is; which of two is worked through cannot be said by a value.
            ok(arguments.iter().all(|argument| !matches!(argument.ty, Type::List { .. })), ty)
        }
        Function::Present => Some(Type::Flag),
        Function::Mask => ok(text_like(&first), Type::Text { chars: chars(&first), private: None }),
        Function::Position => Some(first),
        Function::Whole => ok(matches!(first, Type::List { .. }), Type::Flag),
        Function::LengthOf => Some(Type::Number { min: 0, max: 10_000_000 }),
        Function::First | Function::Last => {
            let length = match arguments[0].as_constant() {
                Some(Constant::Number(number)) => u32::try_from(*number).unwrap_or(u32::MAX),
                _ => u32::MAX,
            };
            match (&first, &second) {
                (Type::Number { .. }, Type::Bytes { .. }) => Some(Type::Bytes { max: u64::from(length) }),
                (Type::Number { .. }, Type::Digits { max, .. }) => {
                    Some(Type::Digits { min: 0, max: length.min(*max) })
                }
                (Type::Number { .. }, other) if text_like(other) => {
                    if let Some(Constant::Text(text)) = arguments[1].as_constant() {
                        return first_or_last(function, length, text, span);
                    }
                    Some(Type::Text { chars: length.min(chars(other)), private: None })
                }
                _ => None,
            }
        }
        Function::Replace => {
            if let (Some(Constant::Text(text)), Some(Constant::Text(from)), Some(Constant::Text(to))) =
                (arguments[0].as_constant(), arguments[1].as_constant(), arguments[2].as_constant())
            {
                let text: Box<str> = text.replace(&**from, to).into();
                return Expr::constant(Constant::Text(text), TEXT, span);
            }
            ok(
                text_like(&first) && text_like(&second) && text_like(&third),
                Type::Text { chars: chars(&first), private: None },
            )
        }
        Function::Upper | Function::Lower | Function::Trim => {
            ok(text_like(&first), Type::Text { chars: chars(&first), private: None })
        }
        Function::Pad => ok(text_like(&first), TEXT),
        Function::JoinWith | Function::Lines => {
            ok(arguments.iter().all(|argument| byte_like(&argument.ty)), TEXT)
        }
        Function::Values => Some(Type::Pairs),
        Function::Sorted | Function::Flat => ok(matches!(first, Type::Pairs), Type::Pairs),
        Function::JoinPairs => ok(matches!(third, Type::Pairs), BYTES),
        Function::Format => ok(
            matches!(first, Type::Date | Type::Time | Type::DateTime | Type::Month),
            match arguments.get(1).and_then(Expr::as_constant) {
                Some(Constant::Text(form)) => {
                    let chars = u32::try_from(form.chars().count()).unwrap_or(u32::MAX);
                    if form.chars().all(|sign| "yMdHmsS".contains(sign)) {
                        Type::Digits { min: chars, max: chars }
                    } else {
                        Type::Text { chars, private: None }
                    }
                }
                _ => TEXT,
            },
        ),
        Function::Utc => ok(matches!(first, Type::DateTime), Type::DateTime),
        Function::Epoch => ok(matches!(first, Type::DateTime), Type::Number { min: 0, max: 99_999_999_999 }),
        Function::ParseDate => {
            let form = arguments.get(1).and_then(Expr::as_constant);
            let timed = matches!(form, Some(Constant::Text(form)) if form.contains('H'));
            ok(text_like(&first), if timed { Type::DateTime } else { Type::Date })
        }
        Function::Number => ok(text_like(&first), Type::Number { min: i128::MIN, max: i128::MAX }),
        Function::Days => {
            ok(first == Type::Date && second == Type::Date, Type::Number { min: -9_999_999, max: 9_999_999 })
        }
        Function::EndOfDay => ok(matches!(first, Type::Date), Type::DateTime),
        Function::Fen => {
            ok(matches!(first, Type::Money { .. }), Type::Number { min: 0, max: 999_999_999_999_999_999 })
        }
        Function::InWords => ok(matches!(first, Type::Money { .. }), Type::Text { chars: 60, private: None }),
        Function::Round => {
            ok(matches!(first, Type::Decimal { .. } | Type::Money { .. }), Type::Money { digits: 18 })
        }
        Function::Hex | Function::HexUpper | Function::Base64 => {
            ok(byte_like(&first), text_of_bytes(function, &first))
        }
        Function::UrlEncoded => ok(byte_like(&first), TEXT),
        Function::FromHex | Function::FromBase64 => ok(text_like(&first), BYTES),
        Function::Nul => ok(
            matches!(first, Type::Number { .. }),
            match arguments[0].as_constant() {
                Some(Constant::Number(number)) => Type::Bytes { max: u64::try_from(*number).unwrap_or(0) },
                _ => BYTES,
            },
        ),
        Function::Encoded => ok(text_like(&second), BYTES),
        Function::CutOut => Some(BYTES),
        Function::Digest => ok(byte_like(&second), Type::Bytes { max: digest_octets(&arguments[0]) }),
        Function::Hmac => {
            ok(byte_like(&second) && byte_like(&third), Type::Bytes { max: digest_octets(&arguments[0]) })
        }
        Function::Mac => {
            ok(byte_like(&second) && byte_like(&third), Type::Bytes { max: mac_octets(&arguments[0]) })
        }
        Function::Signature => ok(byte_like(&second) && byte_like(&third), Type::Bytes { max: 512 }),
        Function::Encrypt | Function::Decrypt => {
            let bound = arguments.get(4).is_none_or(|bound| byte_like(&bound.ty));
            let binds = match arguments[0].as_constant() {
                Some(Constant::Text(name)) => arguments.len() < 5 || binds(name),
                _ => true,
            };
            ok(
                byte_like(&second) && byte_like(&third) && bound && binds,
                ciphered(function, &arguments[0], &third),
            )
        }
        Function::Kcv => ok(
            matches!(first, Type::Number { .. }) && byte_like(&second),
            match arguments[0].as_constant() {
                Some(Constant::Number(number)) => Type::Bytes { max: u64::try_from(*number).unwrap_or(0) },
                _ => BYTES,
            },
        ),
        Function::RandomKey => Some(Type::Bytes { max: 24 }),
        Function::Checksum => {
            ok(byte_like(&second), Type::Number { min: 0, max: checksum_most(&arguments[0]) })
        }
        Function::Duration => ok(matches!(first, Type::Number { .. }), Type::Duration),
        // Octets are no text before a charset says which: `hex`, `base64`, or a field with `coded`.
        Function::Text => {
            ok(!matches!(first, Type::Bytes { .. } | Type::Key | Type::Pairs | Type::List { .. }), TEXT)
        }
    };
    let Some(ty) = ty else {
        let given: Vec<&str> = arguments.iter().map(|argument| article(&argument.ty)).collect();
        let word = Function::WORDS.iter().find(|(known, _)| *known == function).map_or("", |(_, word)| word);
        resolver
            .report
            .error("TS0325", span, format!("`{word}` does not take {}", given.join(", ")))
            .help("nothing is converted by itself; see the table of functions in the reference");
        return wrong(span);
    };
    Expr { kind: ExprKind::Function(function, arguments), ty, span }
}

fn first_or_last(function: Function, length: u32, text: &str, span: Span) -> Expr {
    let count = text.chars().count();
    let length = (length as usize).min(count);
    let cut: String = if function == Function::First {
        text.chars().take(length).collect()
    } else {
        text.chars().skip(count - length).collect()
    };
    let ty = Type::Text { chars: u32::try_from(length).unwrap_or(u32::MAX), private: None };
    Expr::constant(Constant::Text(cut.into()), ty, span)
}

fn text_of_bytes(function: Function, ty: &Type) -> Type {
    let bytes = match ty {
        Type::Bytes { max } if *max < 1 << 24 => u32::try_from(*max).unwrap_or(u32::MAX),
        _ => return TEXT,
    };
    let chars = if function == Function::Base64 { bytes.div_ceil(3) * 4 } else { bytes * 2 };
    Type::Text { chars, private: None }
}

fn wider(one: &Type, other: &Type) -> Type {
    match (one, other) {
        (Type::Absent, other) => other.clone(),
        (one, Type::Absent) => one.clone(),
        (Type::Text { chars, private }, Type::Text { chars: more, private: also }) => {
            // 0 is no bound of its own.
            let unbounded = *chars == 0 || *more == 0;
            let chars = if unbounded { 0 } else { (*chars).max(*more) };
            Type::Text { chars, private: private.or(*also) }
        }
        (Type::Number { min, max }, Type::Number { min: low, max: high }) => {
            Type::Number { min: (*min).min(*low), max: (*max).max(*high) }
        }
        (Type::Money { digits }, Type::Money { digits: more }) => {
            Type::Money { digits: (*digits).max(*more) }
        }
        (one, _) => one.clone(),
    }
}
