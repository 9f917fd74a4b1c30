//! Waiting on a stage whose clock can be moved on: what is due in minutes comes in milliseconds, and what is under way
//! just now is never overtaken.
//!
//! In: something that is waited for, a limit in the world's time. Out: its value, or that the limit passed. The clock moves
//! on only while nobody works: no party judges a message, the gateway writes nothing, no thread has work to do, and nothing was
//! counted for a while.

use super::Stage;
use crate::party::Party;
use link::Core;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long nothing must happen, in real time, before the clock moves on: far more than a message takes on this machine.
const QUIET: Duration = Duration::from_millis(30);
/// Threads that work less than this meanwhile only look at their clocks.
const WORK: Duration = Duration::from_millis(6);
/// Quiet moments at most in which threads work all the same: something that never rests holds nobody up.
const MOST: u32 = 200;
/// The first step of the clock, and the longest: each step that changes nothing is followed by one twice as long.
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(20);
/// A long span is gone through in about so many steps.
const STEPS: u32 = 100;

/// Waits for a future for at most `limit` of the world; the stage's clock is moved on while all is quiet.
pub(super) async fn patiently<T>(
    stage: &dyn Stage,
    core: &Core,
    limit: Duration,
    future: impl Future<Output = T>,
) -> Option<T> {
    let mut future = pin!(future);
    let (began, mut step, mut pulse) = (core.mark(), FIRST, pulse_of(stage));
    loop {
        tokio::select! {
            biased;
            value = &mut future => return Some(value),
            () = quiet(stage) => {}
        }
        if core.mark().since(began) > limit {
            return None;
        }
        let now = pulse_of(stage);
        step = if now == pulse { (step * 2).min(LONGEST) } else { FIRST };
        pulse = now;
        stage.advance(step);
    }
}

/// Moves the clock on by a span, in steps between which everything that is due comes to rest.
pub(super) async fn move_on(stage: &dyn Stage, core: &Core, span: Duration) {
    let until = core.mark().after(span);
    let step = (span / STEPS).clamp(LONGEST, LONGEST * 30);
    loop {
        quiet(stage).await;
        let left = until.since(core.mark());
        if left.is_zero() {
            return;
        }
        stage.advance(step.min(left));
    }
}

/// Waits, for at most `limit` of the world, until something holds; the clock is moved on while nobody works. Whether it
/// holds.
pub async fn settled(
    stage: &dyn Stage,
    core: &Core,
    limit: Duration,
    holds: impl Fn() -> bool + Send,
) -> bool {
    let until = core.mark().after(limit);
    let (mut step, mut pulse) = (FIRST, pulse_of(stage));
    loop {
        quiet(stage).await;
        if holds() {
            return true;
        }
        if core.mark() >= until {
            return false;
        }
        let now = pulse_of(stage);
        step = if now == pulse { (step * 2).min(LONGEST) } else { FIRST };
        pulse = now;
        stage.advance(step);
    }
}

/// Waits until nothing has happened for a while.
pub(super) async fn quiet(stage: &dyn Stage) {
    let mut working = 0;
    loop {
        let (before, worked) = (pulse_of(stage), worked());
        tokio::time::sleep(QUIET).await;
        let busy = stage.is_busy() || stage.parties().into_iter().any(Party::is_busy);
        if busy || pulse_of(stage) != before {
            continue;
        }
        let (Some(worked), Some(now)) = (worked, self::worked()) else { return };
        working += 1;
        if now.saturating_sub(worked) < WORK && !is_held_up() || working > MOST {
            return;
        }
    }
}

/// How long this process's threads have run, or could have run had the machine had room for them; none where the system does
/// not say. On a machine that is busy with other things, what is under way may stand still for far longer than a moment.
fn worked() -> Option<Duration> {
    let mut sum = Duration::ZERO;
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        // A thread that has just ended is no longer there.
        let Ok(text) = std::fs::read_to_string(thread.ok()?.path().join("schedstat")) else { continue };
        let times = text.split_ascii_whitespace().take(2).map(|nanos| nanos.parse().unwrap_or(0));
        sum += Duration::from_nanos(times.sum());
    }
    Some(sum)
}

/// Whether another thread of this process has work and no processor for it, or waits for a disk: [`worked`] hears of such
/// time only when it is over.
fn is_held_up() -> bool {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return false };
    let own = std::fs::read_link("/proc/thread-self").ok();
    let own = own.as_deref().and_then(std::path::Path::file_name);
    threads.flatten().filter(|thread| Some(thread.file_name().as_os_str()) != own).any(|thread| {
        let text = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // The name before it may hold anything, parentheses too.
        let state = text.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        matches!(state, Some('R' | 'D'))
    })
}

/// Counts that change whenever a message is judged or begun.
fn pulse_of(stage: &dyn Stage) -> u64 {
    let of = |party: &Party| {
        let counts = party.counts();
        [
            &counts.judged,
            &counts.bad,
            &counts.faults,
            &counts.begun,
            &counts.begun_done,
            &counts.begun_refused,
        ]
        .iter()
        .map(|count| count.load(Ordering::Relaxed))
        .sum::<u64>()
    };
    stage.parties().into_iter().map(of).sum()
}
