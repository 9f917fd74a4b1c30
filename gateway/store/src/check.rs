//! What must be true before a write is taken. One judge for every store, so that they cannot differ: a store only
//! lends its eyes ([`Look`]).

use crate::content::sayings;
use crate::days::KeepFrom;
use crate::model::{Day, End, FlowId, Key, Moment, OperationState};
use crate::parameter::{ParameterDecided, ParameterName, ParameterProposed};
use crate::write::{
    Change, FlowAsked, FlowPut, Hold, Notice, NumberRequest, OperationPut, Outcome, RefusedInput, Verdict,
    Write,
};

/// Who has a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Flow(FlowId, [u8; 32]),
    Cancelled,
}

/// What a store can see, with everything that was taken before in the same group.
pub(crate) trait Look {
    type Fault;
    fn epoch(&self) -> u64;
    fn oldest(&self) -> Day;
    /// Who has a key on one of the days from the first to the last: a flow before a cancellation, then the latest.
    fn key(&mut self, key: &Key, days: (Day, Day)) -> Result<Option<Holder>, Self::Fault>;
    /// `None`: no such flow. The inner one: its end.
    fn flow_end(&mut self, flow: FlowId) -> Result<Option<Option<End>>, Self::Fault>;
    fn operation(&mut self, flow: FlowId, name: &str) -> Result<Option<OperationState>, Self::Fault>;
    fn limit_used(&mut self, limit: &str, day: Day) -> Result<u64, Self::Fault>;
    fn held(&mut self, hold: &Hold) -> Result<Option<u64>, Self::Fault>;
    fn once_until(&mut self, scope: &str, name: &[u8]) -> Result<Option<Moment>, Self::Fault>;
    fn next_number(&mut self, party: &str, date: Day) -> Result<u64, Self::Fault>;
    /// A flow that keeps days before this one from being forgotten.
    fn held_back(&mut self, from: Day) -> Result<Option<FlowId>, Self::Fault>;
    /// Whether what was exported is the day that would be forgotten, as it stands.
    fn is_exported(&mut self, keep: &KeepFrom) -> Result<bool, Self::Fault>;
    /// Where a notice stands.
    fn notice(&mut self, flow: FlowId, name: &str) -> Result<Option<Outcome>, Self::Fault>;
    /// Who proposed a change of a parameter, and whether it waits.
    fn proposed(&mut self, number: u64) -> Result<Option<(String, bool)>, Self::Fault>;
    /// The change of a parameter that waits.
    fn waits(&mut self, parameter: &ParameterName) -> Result<Option<u64>, Self::Fault>;
}

/// The largest number that every store can hold.
const LARGEST: u64 = i64::MAX as u64;

/// The most changes of one write: their positions share a number with the write's sequence.
pub(crate) const CHANGES: usize = 4_096;

/// The place of a change: rising over the whole journal.
pub(crate) fn place(sequence: u64, position: usize) -> u64 {
    sequence * CHANGES as u64 + position as u64
}

/// The verdict against a write, or `None` if it may be taken.
pub(crate) fn check<L: Look>(look: &mut L, write: &Write) -> Result<Option<Verdict>, L::Fault> {
    if write.epoch != look.epoch() {
        return Ok(Some(Verdict::Fenced { epoch: look.epoch() }));
    }
    if write.changes.len() > CHANGES {
        return Ok(Some(impossible(format!(
            "{} changes in one write, at most {CHANGES}",
            write.changes.len()
        ))));
    }
    for (position, change) in write.changes.iter().enumerate() {
        let before = write.changes.get(..position).unwrap_or_default();
        let against = match change {
            Change::InsertFlow(flow) => insert_flow(look, flow, before)?,
            Change::PutFlow(put) => put_flow(look, put, before)?,
            Change::PutOperation(put) => put_operation(look, put, before)?,
            Change::Event { flow, .. } => known(look, *flow, before)?,
            Change::PutNotice(notice) => known(look, notice.flow, before)?,
            Change::DecideNotice(notice) => decide_notice(look, notice, before)?,
            Change::PutFile(file) => file.flow.map_or(Ok(None), |flow| known(look, flow, before))?,
            Change::Reserve { hold, amount, ceiling } => reserve(look, hold, *amount, *ceiling, before)?,
            Change::CancelKey(key) => cancel(look, key, before)?,
            Change::Once { scope, name, .. } => once(look, scope, name, write.at, before)?,
            // Numbers of a date that is forgotten would begin anew.
            Change::Numbers(NumberRequest { date, .. }) if date.0 > 0 && *date < look.oldest() => {
                Some(Verdict::TooOld { oldest: look.oldest() })
            }
            Change::Numbers(request) => {
                let next = look.next_number(&request.party, request.date)?;
                (request.count == 0 || next.checked_add(request.count).is_none_or(|end| end > LARGEST)).then(
                    || impossible(format!("{} numbers after {next} of {}", request.count, request.party)),
                )
            }
            Change::RefusedInput(input) => long_refusal(input),
            Change::ProposeParameter(proposed) => propose(look, proposed, before)?,
            Change::DecideParameter(decided) => decide(look, decided, before)?,
            Change::KeepFrom(keep) => keep_from(look, keep, write)?,
            Change::ForgetChain(day) if *day >= look.oldest() || day.0 == 0 => {
                Some(impossible(format!("{day} is kept")))
            }
            Change::Carry(carried) => sayings(&carried.0, 0)
                .is_none()
                .then(|| impossible("what is carried on is not whole".to_owned())),
            Change::Release(_)
            | Change::ForgetRows
            | Change::ForgetChain(_)
            | Change::Forget { .. }
            | Change::PutSession { .. }
            | Change::PutSchedule { .. }
            | Change::PutVersion { .. } => None,
        };
        if against.is_some() {
            return Ok(against);
        }
    }
    Ok(None)
}

fn impossible(why: String) -> Verdict {
    Verdict::Impossible(why)
}

fn inserted(flow: FlowId, before: &[Change]) -> bool {
    before.iter().any(|change| matches!(change, Change::InsertFlow(asked) if asked.flow == flow))
}

fn known<L: Look>(look: &mut L, flow: FlowId, before: &[Change]) -> Result<Option<Verdict>, L::Fault> {
    if inserted(flow, before) || look.flow_end(flow)?.is_some() {
        return Ok(None);
    }
    Ok(Some(impossible(format!("flow {flow} does not exist"))))
}

fn insert_flow<L: Look>(
    look: &mut L,
    flow: &FlowAsked,
    before: &[Change],
) -> Result<Option<Verdict>, L::Fault> {
    if flow.key.date < look.oldest() {
        return Ok(Some(Verdict::TooOld { oldest: look.oldest() }));
    }
    // Two copies of one ask may name two days and come at once, as over midnight: neither is found by who looks before it asks.
    let (first, last) = flow.same_on;
    let days = (first.max(look.oldest()).min(flow.key.date), last.max(flow.key.date));
    if let Some(verdict) = taken(look, &flow.key, days, before)? {
        return Ok(Some(verdict));
    }
    for other in &flow.refused_by {
        if taken(look, other, (other.date, other.date), before)? == Some(Verdict::KeyCancelled) {
            return Ok(Some(Verdict::KeyCancelled));
        }
    }
    if flow.flow.0 > LARGEST || inserted(flow.flow, before) || look.flow_end(flow.flow)?.is_some() {
        return Ok(Some(impossible(format!("the number of flow {} is used", flow.flow))));
    }
    Ok(None)
}

/// Who has a key on one of the days, with what stands before in the same write; a flow before a cancellation.
fn taken<L: Look>(
    look: &mut L,
    key: &Key,
    (first, last): (Day, Day),
    before: &[Change],
) -> Result<Option<Verdict>, L::Fault> {
    let same =
        |other: &Key| (first..=last).contains(&other.date) && *key == Key { date: key.date, ..other.clone() };
    let mut holder = look.key(key, (first, last))?;
    for change in before {
        match change {
            Change::InsertFlow(other) if same(&other.key) => {
                holder = Some(Holder::Flow(other.flow, other.digest));
            }
            Change::CancelKey(other) if same(other) => holder = holder.or(Some(Holder::Cancelled)),
            _ => {}
        }
    }
    Ok(holder.map(|holder| match holder {
        Holder::Flow(flow, digest) => Verdict::KeyTaken { flow, digest },
        Holder::Cancelled => Verdict::KeyCancelled,
    }))
}

/// Cancelling twice is one cancellation.
fn cancel<L: Look>(look: &mut L, key: &Key, before: &[Change]) -> Result<Option<Verdict>, L::Fault> {
    if key.date < look.oldest() {
        return Ok(Some(Verdict::TooOld { oldest: look.oldest() }));
    }
    Ok(taken(look, key, (key.date, key.date), before)?.filter(|verdict| *verdict != Verdict::KeyCancelled))
}

fn put_flow<L: Look>(look: &mut L, put: &FlowPut, before: &[Change]) -> Result<Option<Verdict>, L::Fault> {
    let mut end = look.flow_end(put.flow)?;
    for change in before {
        match change {
            Change::InsertFlow(asked) if asked.flow == put.flow => end = Some(None),
            Change::PutFlow(other) if other.flow == put.flow => end = Some(other.end),
            _ => {}
        }
    }
    Ok(match end {
        None => Some(impossible(format!("flow {} does not exist", put.flow))),
        Some(Some(End::Done)) if put.taken_up && put.end.is_none() => None,
        Some(Some(ended)) if put.end != Some(ended) => {
            Some(impossible(format!("flow {} has ended {ended:?} and would end {:?}", put.flow, put.end)))
        }
        Some(_) => None,
    })
}

fn put_operation<L: Look>(
    look: &mut L,
    put: &OperationPut,
    before: &[Change],
) -> Result<Option<Verdict>, L::Fault> {
    if let Some(verdict) = known(look, put.flow, before)? {
        return Ok(Some(verdict));
    }
    let mut state = look.operation(put.flow, &put.name)?;
    for change in before {
        if let Change::PutOperation(other) = change
            && other.flow == put.flow
            && other.name == put.name
        {
            state = Some(other.state);
        }
    }
    let Some(from) = state else { return Ok(None) };
    Ok((!may_follow(from, put.state)).then(|| {
        impossible(format!(
            "operation {} of flow {} is {from:?} and would be {:?}",
            put.name, put.flow, put.state
        ))
    }))
}

/// The transitions that would change something that somebody may already have relied upon.
fn may_follow(from: OperationState, to: OperationState) -> bool {
    use OperationState::{Done, Held, Parked, Refused, Undoing, Undone};
    match from {
        Refused | Undone => to == from,
        Done => matches!(to, Done | Undoing | Undone | Held),
        Undoing => matches!(to, Undoing | Undone | Held | Parked),
        // People have it taken back by their party, or put right by another posting.
        Held => matches!(to, Held | Undoing | Undone),
        _ => true,
    }
}

fn reserve<L: Look>(
    look: &mut L,
    hold: &Hold,
    amount: u64,
    ceiling: u64,
    before: &[Change],
) -> Result<Option<Verdict>, L::Fault> {
    if let Some(held) = look.held(hold)? {
        return Ok((held != amount).then(|| {
            impossible(format!(
                "flow {} holds {held} of {} and would reserve {amount}",
                hold.flow, hold.limit
            ))
        }));
    }
    let used = look.limit_used(&hold.limit, hold.day)?;
    let mut sum = used;
    for change in before {
        match change {
            Change::Reserve { hold: other, amount, .. } if other == hold => {
                return Ok(Some(impossible(format!("{} is reserved twice, {amount} before", hold.limit))));
            }
            Change::Reserve { hold: other, amount, .. }
                if other.limit == hold.limit && other.day == hold.day =>
            {
                sum = sum.saturating_add(*amount);
            }
            _ => {}
        }
    }
    let fits = sum.checked_add(amount).is_some_and(|sum| sum <= ceiling.min(LARGEST));
    Ok((!fits).then(|| Verdict::LimitFull { limit: hold.limit.clone(), used }))
}

fn once<L: Look>(
    look: &mut L,
    scope: &str,
    name: &[u8],
    now: Moment,
    before: &[Change],
) -> Result<Option<Verdict>, L::Fault> {
    let again = before
        .iter()
        .any(|change| matches!(change, Change::Once { scope: s, name: n, .. } if s == scope && n == name));
    let there = look.once_until(scope, name)?.is_some_and(|until| until >= now);
    Ok((again || there).then_some(Verdict::Seen))
}

/// Two who decide at once decide once: what one of them has sent again or ended does not wait for the other.
fn decide_notice<L: Look>(
    look: &mut L,
    notice: &Notice,
    before: &[Change],
) -> Result<Option<Verdict>, L::Fault> {
    let (flow, name) = (notice.flow, &*notice.name);
    let earlier = before.iter().any(|change| {
        matches!(change, Change::PutNotice(other) | Change::DecideNotice(other) if other.flow == flow && other.name == name)
    });
    if !earlier && look.notice(flow, name)? == Some(Outcome::Parked) {
        return Ok(None);
    }
    Ok(Some(impossible(format!("the notice {name} of flow {flow} does not wait for people"))))
}

fn propose<L: Look>(
    look: &mut L,
    proposed: &ParameterProposed,
    before: &[Change],
) -> Result<Option<Verdict>, L::Fault> {
    let number = proposed.number;
    let earlier = before.iter().any(
        |change| matches!(change, Change::ProposeParameter(other) if other.parameter == proposed.parameter || other.number == number),
    );
    if number > LARGEST || earlier || look.proposed(number)?.is_some() {
        return Ok(Some(impossible(format!("the number of change {number} is used"))));
    }
    let waits = look.waits(&proposed.parameter)?;
    Ok(waits.map(|other| impossible(format!("change {other} of the same parameter waits"))))
}

fn decide<L: Look>(
    look: &mut L,
    decided: &ParameterDecided,
    before: &[Change],
) -> Result<Option<Verdict>, L::Fault> {
    let number = decided.number;
    let earlier = before
        .iter()
        .any(|change| matches!(change, Change::DecideParameter(other) if other.number == number));
    let state = look.proposed(number)?.map(|(by, waits)| (by, waits && !earlier));
    let against = match state {
        None => "does not exist",
        Some((_, false)) => "is decided",
        Some((by, true)) if decided.agreed && by == decided.by => "is not agreed to by who proposed it",
        Some(_) => return Ok(None),
    };
    Ok(Some(impossible(format!("change {number} of a parameter {against}"))))
}

/// It stands in a write of its own: what is written with it would not know whether its date is kept.
fn keep_from<L: Look>(look: &mut L, keep: &KeepFrom, write: &Write) -> Result<Option<Verdict>, L::Fault> {
    let oldest = look.oldest();
    let of_kept = write.date.0 == 0 || write.date >= keep.from;
    if write.changes.len() > 1 || !of_kept || keep.from <= oldest {
        let why = format!("the journal is kept from {oldest} on and would be from {}", keep.from);
        return Ok(Some(impossible(why)));
    }
    if !look.is_exported(keep)? {
        let why = format!("what was exported is not all that was written before {}", keep.from);
        return Ok(Some(impossible(why)));
    }
    let held = look.held_back(keep.from)?;
    Ok(held.map(|flow| impossible(format!("flow {flow} from before {} is not through", keep.from))))
}

fn long_refusal(input: &RefusedInput) -> Option<Verdict> {
    let bytes = input.link.len() + input.peer.len() + input.fault.len() + input.head.len();
    (bytes > RefusedInput::MOST).then(|| impossible(format!("a refused input of {bytes} bytes, at most 512")))
}
