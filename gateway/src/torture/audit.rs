//! The auditor: what clients were told against what the parties' ledgers hold. It shares nothing with the engine's
//! bookkeeping: it reads the parties' own databases, and the answers as they came.

use super::client::{Cancelled, Posting, Said};
use super::ground::Ground;
use super::parties::Parties;
use super::plan::Story;
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
    let mut wrong = Vec::new();
    let Some(seen) = Seen::of(ground, parties, posting)? else { return Ok(wrong) };
    let (held, amount) = (&seen.held, seen.amount);
    let words = |what: &str| seen.words(posting, what);
    let told = |said: Said| posting.told.contains(&said) || last == Some(said);
    let wished = posting.cancelled.is_some();
    if posting.cancelled == Some(Some(Cancelled::Through)) {
        if held.iter().any(|(_, holds)| *holds != 0) {
            wrong.push((Wrong::FalseAnswer, words("told cancelled")));
        }
        if last == Some(Said::Done) {
            wrong.push((Wrong::FalseAnswer, words("told cancelled, and told done since")));
        }
    }
    if posting.told.contains(&Said::Unheard) {
        wrong.push((Wrong::FalseAnswer, words("told pending, and then that nobody asked")));
    }
    if told(Said::Done) && told(Said::Refused) && !wished {
        wrong.push((Wrong::FalseAnswer, words("told done and told refused")));
    }
    if held.iter().any(|(_, holds)| *holds > amount) {
        wrong.push((Wrong::Doubled, words("more holds than was asked for")));
    }
    let done = if wished { last == Some(Said::Done) } else { told(Said::Done) };
    let refused = if wished { last == Some(Said::Refused) } else { told(Said::Refused) };
    if done && held.iter().any(|(_, holds)| *holds < amount) {
        wrong.push((Wrong::Lost, words("told done")));
    }
    if refused && held.iter().any(|(_, holds)| *holds > 0) {
        wrong.push((Wrong::FalseAnswer, words("told refused")));
    }
    let ended = matches!(last, Some(Said::Done | Said::Refused));
    if ended && held.windows(2).any(|two| two.first().map(|one| one.1) != two.last().map(|one| one.1)) {
        wrong.push((Wrong::OneSided, words("the sides do not agree")));
    }
    // Who pays is debited before and given back after everything else, so that whoever looks at what is parked finds the
    // bank in debt to nobody.
    let debited = held.iter().find(|(folder, _)| *folder == CORE).map(|(_, debited)| *debited);
    if parked && debited.is_some_and(|debited| held.iter().any(|(_, holds)| *holds > debited)) {
        wrong.push((Wrong::OneSided, words("parked, and the payer has back what the party still holds")));
    }
    if !ended && !parked {
        wrong.push((Wrong::Hangs, words("it has not ended, and nobody is asked about it")));
    }
    Ok(wrong)
}

/// What is wrong with a posting whose asker has just been told that it is refused: by then everything is undone.
pub(super) fn judge_refusal(
    ground: &Ground,
    parties: &Parties<'_>,
    posting: &Posting,
) -> Result<Option<(Wrong, String)>, String> {
    if posting.cancelled.is_some() || posting.told.last() != Some(&Said::Refused) {
        return Ok(None);
    }
    let Some(seen) = Seen::of(ground, parties, posting)? else { return Ok(None) };
    let holds = seen.held.iter().any(|(_, holds)| *holds > 0);
    Ok(holds.then(|| (Wrong::FalseAnswer, seen.words(posting, "told refused while it holds"))))
}

/// The party whose ledger says what the payer was debited.
const CORE: &str = "core";

/// What the ledgers hold of one posting.
struct Seen<'g> {
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
        Ok(Some(Self { amount, held }))
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
