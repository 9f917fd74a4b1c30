//! The auditor: what clients were told against what the parties' ledgers hold. It shares nothing with the engine's
//! bookkeeping: it reads the parties' own databases, and the answers as they came.

mod days;
mod limits;

pub(super) use limits::over_limits;

use super::client::{Cancelled, Posting, Said};
use super::ground::Ground;
use super::parties::Parties;
use super::plan::Story;
use conformance::party::Dated;
use serde_json::{Map, Value};

/// What is wrong with a posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wrong {
    /// It was told as done, or ended so, and does not hold somewhere.
    Lost,
    /// It holds more than once.
    Doubled,
    /// One thing was told and another is so.
    FalseAnswer,
    /// It holds on one side only.
    OneSided,
    /// It has no end and waits for nobody.
    Hangs,
    /// It bears the date of another day.
    Misdated,
    /// More holds than a limit lets pass.
    OverLimit,
}

/// What the ledgers and the answers say of one posting whose last answer, in fair weather, was `last`. `parked`: people are
/// asked about it.
pub(super) fn judge(
    ground: &Ground,
    parties: &Parties<'_>,
    posting: &Posting,
    last: Option<Said>,
    parked: bool,
) -> Result<Vec<(Wrong, String)>, String> {
    let Some(seen) = Seen::of(ground, parties, posting)? else { return Ok(Vec::new()) };
    let found = wrongs(&Told::of(posting), last, &seen, parked);
    Ok(found.into_iter().map(|(wrong, what)| (wrong, seen.words(posting, what))).collect())
}

/// What is wrong with a posting whose asker has just been told that it is refused, or taken back: by then everything is undone.
pub(super) fn judge_refusal(
    ground: &Ground,
    parties: &Parties<'_>,
    posting: &Posting,
) -> Result<Option<(Wrong, String)>, String> {
    let told = Told::of(posting);
    if !told.nothing_holds() {
        return Ok(None);
    }
    let Some(seen) = Seen::of(ground, parties, posting)? else { return Ok(None) };
    Ok(seen.holds().then(|| (Wrong::FalseAnswer, seen.words(posting, "told refused while it holds"))))
}

/// What parties were told of days that do not agree with each other.
pub(super) fn misdated(ground: &Ground, parties: &Parties<'_>) -> Vec<String> {
    let planned = ground.plan.parties.iter();
    let found = planned.flat_map(|party| {
        let mut dated = parties.dated(&party.folder);
        if party.clock_unsealed {
            dated.iter_mut().for_each(Dated::forget_clock);
        }
        days::Book { folder: &party.folder, cut_over: party.cut_over, dated: &dated }.misdated()
    });
    found.collect()
}

/// By party (folder) what is held for a posting, and what of it would be the whole, in fen.
pub(super) fn held<'g>(
    ground: &'g Ground,
    parties: &Parties<'_>,
    posting: &Posting,
) -> Result<Vec<(&'g str, i64, i64)>, String> {
    let seen = Seen::of(ground, parties, posting)?;
    let all = seen
        .into_iter()
        .flat_map(|seen| seen.held.into_iter().map(move |(folder, fen)| (folder, fen, seen.amount)));
    Ok(all.collect())
}

/// What a client was told of a posting before the weather was fair.
#[derive(Clone, Copy, Debug)]
struct Told<'p> {
    /// Of the posting, in order.
    said: &'p [Said],
    /// Of its wish to take it back, once it had one.
    cancelled: Option<Option<Cancelled>>,
}

impl<'p> Told<'p> {
    fn of(posting: &'p Posting) -> Self {
        Self { said: &posting.told, cancelled: posting.cancelled }
    }

    /// Whether what is done may be taken back since. That it came too late is said of a wish that changes nothing.
    fn may_be_taken_back(&self) -> bool {
        matches!(self.cancelled, Some(None | Some(Cancelled::Through)))
    }

    fn taken_back(&self) -> bool {
        self.cancelled == Some(Some(Cancelled::Through))
    }

    /// Whether it was told that nothing holds: from then on nothing does.
    fn nothing_holds(&self) -> bool {
        self.taken_back() || self.said.contains(&Said::Refused)
    }
}

/// What answers and ledgers say against each other.
fn wrongs(told: &Told<'_>, last: Option<Said>, seen: &Seen<'_>, parked: bool) -> Vec<(Wrong, &'static str)> {
    let (held, amount) = (&seen.held, seen.amount);
    let mut wrong = Vec::new();
    let is_told = |said: Said| told.said.contains(&said) || last == Some(said);
    // What is refused never is done, whoever wishes what; what was done may be refused since where its asker took it back.
    let (done, refused) = if told.may_be_taken_back() {
        (last == Some(Said::Done), told.said.contains(&Said::Refused))
    } else {
        (is_told(Said::Done), is_told(Said::Refused))
    };
    if told.taken_back() {
        if seen.holds() {
            wrong.push((Wrong::FalseAnswer, "told cancelled"));
        }
        if last == Some(Said::Done) {
            wrong.push((Wrong::FalseAnswer, "told cancelled, and told done since"));
        }
    }
    if told.said.contains(&Said::Unheard) {
        wrong.push((Wrong::FalseAnswer, "told pending, and then that nobody asked"));
    }
    if done && refused {
        wrong.push((Wrong::FalseAnswer, "told done and told refused"));
    }
    if held.iter().any(|(_, holds)| *holds > amount) {
        wrong.push((Wrong::Doubled, "more holds than was asked for"));
    }
    if done && held.iter().any(|(_, holds)| *holds < amount) {
        wrong.push((Wrong::Lost, "told done"));
    }
    if is_told(Said::Refused) && seen.holds() {
        wrong.push((Wrong::FalseAnswer, "told refused"));
    }
    let ended = matches!(last, Some(Said::Done | Said::Refused));
    if ended && held.windows(2).any(|two| two.first().map(|one| one.1) != two.last().map(|one| one.1)) {
        wrong.push((Wrong::OneSided, "the sides do not agree"));
    }
    // Who pays is debited before and given back after everything else, so that whoever looks at what is parked finds the
    // bank in debt to nobody.
    let debited = held.iter().find(|(folder, _)| *folder == seen.payer).map(|(_, debited)| *debited);
    if parked && debited.is_some_and(|debited| held.iter().any(|(_, holds)| *holds > debited)) {
        wrong.push((Wrong::OneSided, "parked, and the payer has back what the party still holds"));
    }
    if !ended && !parked {
        wrong.push((Wrong::Hangs, "it has not ended, and nobody is asked about it"));
    }
    wrong
}

/// What the ledgers hold of one posting.
struct Seen<'g> {
    /// The party whose ledger says what the payer was debited.
    payer: &'g str,
    /// In fen.
    amount: i64,
    /// By party, in the plan's order, in fen.
    held: Vec<(&'g str, i64)>,
}

impl<'g> Seen<'g> {
    fn of(ground: &'g Ground, parties: &Parties<'_>, posting: &Posting) -> Result<Option<Self>, String> {
        let Some(story) = ground.plan.stories.get(posting.story) else { return Ok(None) };
        let holds = story.holds.clone().map(Value::from);
        let amount = fen(holds.as_ref().or(posting.body.get("amount")));
        let now = ledgers(parties, story, &posting.known)?;
        let since = now.iter().zip(&posting.before).map(|(now, before)| now - before);
        let held = story.ledgers.keys().map(String::as_str).zip(since).collect();
        Ok(Some(Self { payer: story.payer(), amount, held }))
    }

    fn holds(&self) -> bool {
        self.held.iter().any(|(_, holds)| *holds != 0)
    }

    fn words(&self, posting: &Posting, what: &str) -> String {
        let shown: Vec<_> = self.held.iter().map(|(folder, holds)| format!("{folder} {holds} fen")).collect();
        let reference = posting.body.get("reference").and_then(Value::as_str).unwrap_or("?");
        let (service, amount) = (&posting.service, self.amount);
        format!("{service} {reference} over {amount} fen: {what}; {}", shown.join(", "))
    }
}

/// What the ledgers hold for a story, in the plan's order, in fen.
pub(super) fn ledgers(
    parties: &Parties<'_>,
    story: &Story,
    known: &Map<String, Value>,
) -> Result<Vec<i64>, String> {
    let holds = |(folder, sql): (&String, &String)| {
        let row = parties.question(folder, sql, known)?;
        Ok(row.and_then(|row| row.values().next().and_then(Value::as_i64)).unwrap_or(0))
    };
    story.ledgers.iter().map(holds).collect()
}

/// An amount of a body, in fen.
fn fen(amount: Option<&Value>) -> i64 {
    let text = amount.map(|amount| amount.as_str().map_or_else(|| amount.to_string(), str::to_owned));
    let text = text.unwrap_or_default();
    let (yuan, part) = text.split_once('.').unwrap_or((&text, "0"));
    let part = format!("{part:0<2}");
    yuan.parse::<i64>().unwrap_or(0) * 100
        + part.get(..2).and_then(|part| part.parse::<i64>().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
