//! Paths to what stands around a message: facts, settings, keys, the member, sessions, pages.
//!
//! In: a path behind its root. Out: what it refers to, with its type.

use super::{Found, Scope};
use crate::model::{ExprKind, Fact, Setting, Space};
use crate::resolve::Resolver;
use crate::resolve::assemble::Work;
use crate::tree::{Name, Path};
use crate::value::{Constant, Type};

pub(super) fn fact_type(fact: Fact) -> Type {
    match fact {
        Fact::Date | Fact::BusinessDate | Fact::AnswerDate => Type::Date,
        Fact::Time | Fact::AnswerTime => Type::Time,
        Fact::Moment | Fact::AnswerMoment | Fact::MessageMoment | Fact::MessageFirst => Type::DateTime,
        Fact::MessageAgain => Type::Flag,
        Fact::Attempt | Fact::MessageNumber => Type::Number { min: 0, max: 999_999_999 },
        Fact::Serial
        | Fact::Branch
        | Fact::Teller
        | Fact::Channel
        | Fact::Cause
        | Fact::FlowSerial
        | Fact::File
        | Fact::FileStem
        | Fact::AnswerSerial
        | Fact::AnswerFile
        | Fact::MessageSerial
        | Fact::Member
        | Fact::MessageCode => Type::Text { chars: 0, private: None },
    }
}

pub(super) fn exchange(
    resolver: &mut Resolver,
    path: &Path,
    rest: &[Name],
    space: Space,
    call: u16,
) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    match Fact::WORDS.iter().find(|(_, word)| name.is(word)) {
        Some((fact, _)) => {
            let found = Found::load(space, *fact as u16, call, fact_type(*fact), path.span);
            if fact.of_answer() && space != Space::Exchange { found.maybe() } else { found }
        }
        None => {
            resolver
                .report
                .error("TS0212", name.span, format!("an exchange has no `{}`", name.text))
                .suggest(&name.text, Fact::WORDS.iter().map(|(_, word)| *word));
            Found::wrong(path.span)
        }
    }
}

/// Rows on a page and pages at most, as the call says; without `pages` there is one page.
pub(super) fn paging(work: &Work<'_>, scope: &Scope) -> (u64, u64) {
    let parts = scope
        .call
        .and_then(|call| work.calls.get(usize::from(call.0)))
        .map(|call| &call.tree.block.statements);
    let paging = parts.into_iter().flatten().find_map(|part| match &part.kind {
        crate::tree::CallPart::Pages { rows, times, .. } => Some((rows.value, times.value)),
        _ => None,
    });
    paging.unwrap_or((0, 1))
}

pub(super) fn page(
    resolver: &mut Resolver,
    work: &Work<'_>,
    path: &Path,
    rest: &[Name],
    scope: &Scope,
) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    let (rows, times) = paging(work, scope);
    let number = |most: u64| Type::Number { min: 0, max: i128::from(most) };
    let (slot, ty) = match &*name.text {
        "first" => (0, number(rows.saturating_mul(times.saturating_sub(1)).saturating_add(1))),
        "rows" => (1, number(rows)),
        "number" => (2, number(times)),
        "more" => (3, Type::Flag),
        _ => {
            resolver
                .report
                .error("TS0212", name.span, format!("a page has no `{}`", name.text))
                .suggest(&name.text, ["first", "rows", "number", "more"]);
            return Found::wrong(path.span);
        }
    };
    Found::load(Space::Page, slot, 0, ty, path.span)
}

pub(super) fn session(resolver: &mut Resolver, work: &Work<'_>, path: &Path, rest: &[Name]) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    match work.session_values.iter().position(|(known, _)| **known == *name.text) {
        Some(slot) => Found::load(
            Space::Session,
            u16::try_from(slot).unwrap_or(u16::MAX),
            0,
            work.session_values[slot].1.clone(),
            path.span,
        ),
        None => {
            resolver
                .report
                .error("TS0217", name.span, format!("no session keeps or makes `{}`", name.text))
                .suggest(&name.text, work.session_values.iter().map(|(known, _)| &**known));
            Found::wrong(path.span)
        }
    }
}

/// `setting.NAME`, or `parameter.NAME` of a scope.
pub(super) fn setting(
    resolver: &mut Resolver,
    work: &Work<'_>,
    path: &Path,
    rest: &[Name],
    parameter: Option<&Scope>,
) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    let kind = if parameter.is_some() { "parameter" } else { "setting" };
    let same = |setting: &Setting| setting.changes == parameter.is_some() && !setting.of_member;
    let place = work.settings.iter().position(|setting| *setting.name == *name.text && same(setting));
    let Some(slot) = place else {
        let other = work.settings.iter().any(|setting| *setting.name == *name.text && !setting.of_member);
        let other = other.then_some(if parameter.is_some() { "setting" } else { "parameter" });
        let help = match other {
            Some(other) => format!("it is a {other}: `{other}.{}`", name.text),
            None => format!("declare it: `{kind} {} text ..32 chars \"…\"`", name.text),
        };
        resolver
            .report
            .error("TS0218", name.span, format!("there is no {kind} `{}`", name.text))
            .help_or_suggest(
                &name.text,
                work.settings.iter().filter(|setting| same(setting)).map(|setting| &*setting.name),
                &help,
            );
        return Found::wrong(path.span);
    };
    resolver.used.insert((work.folder.into(), format!("{kind}.{}", name.text).into()));
    if !read_in_flow(resolver, parameter, path) {
        return Found::wrong(path.span);
    }
    let setting = &work.settings[slot];
    let slot = u16::try_from(slot).unwrap_or(u16::MAX);
    if let (Some(chosen), false) = (work.choice.get(&setting.name), setting.changes) {
        let value = match &setting.ty {
            Type::Flag => Constant::Flag(&**chosen == "yes"),
            _ => Constant::Name(resolver.symbols.intern(chosen)),
        };
        return Found::value(ExprKind::Constant(value), setting.ty.clone(), path.span);
    }
    Found::load(Space::Setting, slot, 0, setting.ty.clone(), path.span)
}

/// Whether a parameter stands where it has one value: in a flow, which keeps what counted when it began.
fn read_in_flow(resolver: &mut Resolver, parameter: Option<&Scope>, path: &Path) -> bool {
    let outside = parameter.is_some_and(|scope| scope.flow.is_none());
    if outside {
        resolver
            .report
            .error("TS0236", path.span, "a parameter is read in flows alone")
            .note("a flow keeps the value that counted when it began; a message has no beginning of its own")
            .help("read it in the flow and hand it on in what is asked: `limit <- parameter.NAME`");
    }
    !outside
}

pub(super) fn key(resolver: &mut Resolver, work: &Work<'_>, path: &Path, rest: &[Name]) -> Found {
    let Some(name) = rest.first() else { return Found::wrong(path.span) };
    match work.keys.iter().position(|key| *key.name == *name.text && !key.of_member) {
        Some(slot) => {
            resolver.used.insert((work.folder.into(), format!("key.{}", name.text).into()));
            Found::load(Space::Key, u16::try_from(slot).unwrap_or(u16::MAX), 0, Type::Key, path.span)
        }
        None => {
            resolver
                .report
                .error("TS0219", name.span, format!("there is no key `{}`", name.text))
                .help_or_suggest(
                    &name.text,
                    work.keys.iter().map(|key| &*key.name),
                    &format!("declare it: `key {} tdes 16 bytes \"…\"`", name.text),
                );
            Found::wrong(path.span)
        }
    }
}

pub(super) fn of_member(
    resolver: &mut Resolver,
    work: &Work<'_>,
    path: &Path,
    rest: &[Name],
    scope: &Scope,
) -> Found {
    let (Some(member), Some(name)) = (&work.member, rest.first()) else { return Found::wrong(path.span) };
    if scope.flow.as_ref().is_some_and(|flow| !flow.of_member) {
        resolver
            .report
            .error("TS0233", path.span, format!("this flow runs for no {}", member.name))
            .note("a flow knows its member if a message of one began it, if it runs by the clock once for each, or if it says who is asked about")
            .help(format!("`on daily 00:30 per {0}`, or `on SERVICE for {0} ask.NAME else refuse REASON`", member.name));
        return Found::wrong(path.span);
    }
    if *member.naming == *name.text {
        return Found::load(Space::Member, 0, 0, member.ty.clone(), path.span);
    }
    if let Some(slot) =
        work.settings.iter().position(|setting| setting.of_member && *setting.name == *name.text)
    {
        resolver.used.insert((work.folder.into(), format!("{}.{}", member.name, name.text).into()));
        if work.settings[slot].changes && !read_in_flow(resolver, Some(scope), path) {
            return Found::wrong(path.span);
        }
        let slot = u16::try_from(slot + 1).unwrap_or(u16::MAX);
        return Found::load(Space::Member, slot, 0, work.settings[slot as usize - 1].ty.clone(), path.span);
    }
    if let Some(slot) = work.keys.iter().position(|key| key.of_member && *key.name == *name.text) {
        resolver.used.insert((work.folder.into(), format!("{}.{}", member.name, name.text).into()));
        return Found::load(Space::Key, u16::try_from(slot).unwrap_or(u16::MAX), 0, Type::Key, path.span);
    }
    let names: Vec<&str> = work
        .settings
        .iter()
        .filter(|setting| setting.of_member)
        .map(|setting| &*setting.name)
        .chain(work.keys.iter().filter(|key| key.of_member).map(|key| &*key.name))
        .collect();
    resolver
        .report
        .error("TS0220", name.span, format!("a {} has no `{}`", member.name, name.text))
        .suggest(&name.text, names);
    Found::wrong(path.span)
}
