//! Messages of a call: `request`, `reply`, `later`.

use super::attribute::{ATTRIBUTES, attributes};
use super::block::{Headed, block, label};
use super::cursor::{In, Res, one_of};
use super::field::wire;
use super::types::{self, Place, type_expr};
use super::{codes, text};
use crate::lex::{Sign, TokenKind};
use crate::tree::{FileName, Means, Message, MessageCode, MessageKind, MessageWhen};
use nom::Parser;
use nom::combinator::cut;

const KINDS: &[(&str, MessageKind)] =
    &[("request", MessageKind::Request), ("reply", MessageKind::Reply), ("later", MessageKind::Later)];
const WHENS: &[(&str, MessageWhen)] =
    &[("done", MessageWhen::Done), ("refused", MessageWhen::Refused), ("unknown", MessageWhen::Unknown)];

/// `(request|reply|later) STRING? … { … }?`, from its word on.
pub(crate) fn message(input: In<'_>) -> Res<'_, Headed<Message>> {
    let (mut here, kind) = one_of(KINDS, "a message").parse(input)?;
    let mut found = Message {
        kind,
        code: None,
        when: None,
        means: None,
        unsealed: None,
        file: None,
        type_: None,
        attributes: Vec::new(),
        block: None,
    };
    if here.is(TokenKind::Text) {
        let (rest, code) = text::text(here)?;
        found.code = Some(MessageCode::Text(code));
        here = rest;
    } else if here.is_word("other") {
        found.code = Some(MessageCode::Other(here.span()));
        here = here.advance();
    }
    here = words(here, &mut found)?;
    if types::begins(here, 0) {
        let (rest, type_) = type_expr(here, Place::Wire)?;
        found.type_ = Some(type_);
        here = rest;
    }
    if here.word().is_some_and(|word| ATTRIBUTES.contains(&word)) || found.type_.is_some() {
        let (rest, list) = attributes(here)?;
        found.attributes = list;
        here = rest;
    }
    let (here, label) = label(here)?;
    if !here.is_sign(Sign::BraceOpen) {
        return Ok((here, (found, label)));
    }
    let (here, fields) = block(here, wire)?;
    found.block = Some(fields);
    Ok((here, (found, label)))
}

/// `when done`, `means …`, `unsealed "why"`, `file "name" done ".ok"`, in any order.
fn words<'s>(input: In<'s>, found: &mut Message) -> Result<In<'s>, nom::Err<super::cursor::Fault>> {
    let mut here = input;
    loop {
        let value = here.advance();
        match here.word() {
            Some("when") => {
                let (rest, when) = cut(one_of(WHENS, "an outcome")).parse(value)?;
                found.when = Some(when);
                here = rest;
            }
            Some("means") => {
                let (rest, meaning) = cut(codes::meaning).parse(value)?;
                found.means = Some(Means { meaning, span: rest.since(here) });
                here = rest;
            }
            Some("unsealed") => {
                let (rest, why) = cut(text::plain).parse(value)?;
                found.unsealed = Some(why);
                here = rest;
            }
            Some("file") => {
                let (rest, name) = cut(text::text).parse(value)?;
                let (rest, done) = if rest.is_word("done") {
                    cut(text::text).parse(rest.advance()).map(|(rest, mark)| (rest, Some(mark)))?
                } else {
                    (rest, None)
                };
                found.file = Some(FileName { name, done });
                here = rest;
            }
            _ => return Ok(here),
        }
    }
}
