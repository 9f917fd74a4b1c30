//! A message as a party writes it: what of the program it leaves to the writer, and what it says itself.
//!
//! A world may give a value that the adapter computes (a state of the original, a wrong total); the computation then
//! stands aside. Values that come from the session, from settings and facts are put in by the adapter's own mappings.

use dsl::model::{Function, Load, Space};
use dsl::program::{Assignment, Code, ExprId, Expressions, Map, MessageProgram, Program, Read, Write};
use dsl::value::Coding;
use std::collections::BTreeSet;

/// The references of an expression, those of rows that it counts or whose place it asks for too.
pub(crate) fn loads(expressions: &Expressions, id: ExprId) -> impl Iterator<Item = &Load> {
    code(expressions, id).iter().filter_map(|code| match code {
        Code::Load(load) | Code::Position(load) | Code::Fold { load, .. } => {
            expressions.loads.get(*load as usize)
        }
        _ => None,
    })
}

fn code(expressions: &Expressions, id: ExprId) -> &[Code] {
    let range = expressions.ranges.get(id as usize).copied().unwrap_or((0, 0));
    expressions.code.get(range.0 as usize..range.1 as usize).unwrap_or_default()
}

/// The reference, if the expression is nothing else.
pub(crate) fn alone(expressions: &Expressions, id: ExprId) -> Option<Load> {
    match code(expressions, id) {
        [Code::Load(load)] => expressions.loads.get(*load as usize).copied(),
        _ => None,
    }
}

fn is_seal(expressions: &Expressions, id: ExprId) -> bool {
    // A digest over a shared secret is one too, also over one that a sign-in gave.
    let keyed = || loads(expressions, id).any(|load| matches!(load.space, Space::Key | Space::Session));
    code(expressions, id).iter().any(|code| match code {
        Code::Function(Function::Mac | Function::Hmac | Function::Signature, _) => true,
        Code::Function(Function::Digest, _) => keyed(),
        _ => false,
    })
}

/// Whether the request of the exchange that a message speaks of is at hand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Original {
    /// It was made up or given.
    Known,
    /// A party keeps it in its own books.
    Unknown,
}

/// The message as a party writes it: nothing is taken from business records that it does not have, nothing is judged
/// before it is said, and these slots (level 0) keep what stands in the record.
pub(crate) fn as_said(
    message: &MessageProgram,
    expressions: &Expressions,
    apart: &BTreeSet<u16>,
    original: Original,
) -> MessageProgram {
    let mut changed = message.clone();
    let after = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
    for (at, write) in changed.write.iter_mut().enumerate() {
        let computes = match write {
            Write::Compute { slot, level: 0, .. } | Write::Sign { slot, .. } => apart.contains(slot),
            _ => false,
        };
        if computes {
            *write = Write::Jump { to: after(at) };
        }
    }
    for (at, map) in changed.fill_in.iter_mut().enumerate() {
        let to = match map {
            Map::Set { assignment } => {
                let one = message.assignments.get(usize::from(*assignment));
                one.is_none_or(|one| !keeps(one, expressions, apart, original)).then(|| after(at))
            }
            Map::Each { pairing, end } => {
                // Rows stand in the record already: what the message says of each of them is put beside.
                let rows = changed.pairings.get_mut(usize::from(*pairing));
                match rows.filter(|rows| rows.target.space == Space::Field) {
                    Some(rows) => {
                        (rows.source, rows.with, rows.filter) = (rows.target, None, None);
                        None
                    }
                    None => Some(*end),
                }
            }
            Map::Check { .. } => Some(after(at)),
            Map::Next { .. } | Map::Unless { .. } | Map::Jump { .. } => None,
        };
        if let Some(to) = to {
            *map = Map::Jump { to };
        }
    }
    changed
}

fn keeps(one: &Assignment, expressions: &Expressions, apart: &BTreeSet<u16>, original: Original) -> bool {
    let known = |load: &Load| match load.space {
        Space::OriginalRequest => original == Original::Known,
        // What rows have of the business stands in them.
        Space::OriginalAsk | Space::OriginalAnswer => original == Original::Known && one.target.level == 0,
        space => matches!(
            space,
            Space::Field
                | Space::Request
                | Space::Exchange
                | Space::Setting
                | Space::Member
                | Space::Key
                | Space::Session
                | Space::Original
                | Space::OriginalOutcome
                | Space::Outcome
                | Space::OutcomeText
                | Space::Page
                | Space::FaultPlace
        ),
    };
    // A number of a row is its place in a list of the business.
    let of_row = code(expressions, one.source).iter().any(|code| matches!(code, Code::Position(_)));
    one.target.space == Space::Field
        && !of_row
        && !(one.target.level == 0 && apart.contains(&one.target.slot))
        && loads(expressions, one.source).all(known)
}

/// The expressions that give slots of the message itself their values, before or while it is written.
pub(crate) fn given(message: &MessageProgram) -> impl Iterator<Item = (u16, ExprId)> {
    let before = message.fill_in.iter().filter_map(|map| match map {
        Map::Set { assignment } => message.assignments.get(usize::from(*assignment)),
        _ => None,
    });
    let before = before
        .filter(|one| one.target.space == Space::Field && one.target.level == 0)
        .map(|one| (one.target.slot, one.source));
    let later = message.write.iter().filter_map(|write| match write {
        Write::Compute { slot, level: 0, expression } => Some((*slot, *expression)),
        _ => None,
    });
    before.chain(later)
}

/// The slots that the writer gives the outcome's code.
pub(crate) fn outcome_slots(message: &MessageProgram, expressions: &Expressions) -> Vec<u16> {
    let plain = |id| alone(expressions, id).is_some_and(|load| load.space == Space::Outcome);
    given(message).filter(|(_, expression)| plain(*expression)).map(|(slot, _)| slot).collect()
}

/// The slots that hold a seal.
pub(crate) fn seal_slots(message: &MessageProgram, expressions: &Expressions) -> Vec<u16> {
    let signed = message.write.iter().filter_map(|write| match write {
        Write::Sign { slot, .. } => Some(*slot),
        _ => None,
    });
    let computed = given(message).filter(|(_, expression)| is_seal(expressions, *expression));
    computed.map(|(slot, _)| slot).chain(signed).collect()
}

/// Whether a message may be written or read with values of a session: in a seal, or in a cipher around it.
pub(crate) fn uses_session(message: &MessageProgram, program: &Program) -> bool {
    let of_session = |id: ExprId| loads(&program.expressions, id).any(|load| load.space == Space::Session);
    let sealed = message.read.iter().any(|read| match read {
        Read::Agree { expression, .. } => of_session(*expression),
        _ => false,
    });
    sealed || ciphers(message, program).any(of_session)
}

/// Keys and initial vectors of the ciphers around parts of a message.
pub(crate) fn ciphers<'p>(
    message: &'p MessageProgram,
    program: &'p Program,
) -> impl Iterator<Item = ExprId> + 'p {
    let chains = message.read.iter().filter_map(|read| match read {
        Read::Enter { chain, .. } => program.chains.get(*chain as usize),
        _ => None,
    });
    let codings = chains.flat_map(|form| form.first.iter().chain(&form.otherwise));
    codings
        .flat_map(|coding| match coding {
            Coding::Encrypt(cipher) => [Some(cipher.key), cipher.iv, cipher.associated],
            _ => [None, None, None],
        })
        .flatten()
}
