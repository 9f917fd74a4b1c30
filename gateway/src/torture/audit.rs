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
    let Some(story) = ground.plan.stories.get(posting.story) else { return Ok(wrong) };
    let holds = story.holds.clone().map(Value::from);
    let amount = fen(holds.as_ref().or(posting.body.get("amount")));
    let now = ledgers(parties, story, &posting.known)?;
    let held: Vec<(&str, i64)> = story
        .ledgers
        .keys()
        .zip(now.iter().zip(&posting.before))
        .map(|(folder, (now, before))| (folder.as_str(), now - before))
        .collect();
    let shown =
        held.iter().map(|(folder, holds)| format!("{folder} {holds} fen")).collect::<Vec<_>>().join(", ");
    let reference = posting.body.get("reference").and_then(Value::as_str).unwrap_or("?");
    let words = |what: &str| format!("{} {reference} over {amount} fen: {what}; {shown}", posting.service);
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
    if !ended && !parked {
        wrong.push((Wrong::Hangs, words("it has not ended, and nobody is asked about it")));
    }
    Ok(wrong)
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
