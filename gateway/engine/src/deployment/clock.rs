//! The clock that a gateway goes by: the machine's, but in a trial, where a day is to pass in minutes.
//!
//! In: the deployment's `clock`. Out: a clock that everybody who reads the same text shares, also whoever is started later: a
//! gateway that is started again goes on where the day stands by then, and never sees a moment twice.

use super::Deployment;
use jiff::civil::DateTime;
use jiff::{Timestamp, tz};
use link::world::{Clock, Moment, RealClock, ScaledClock};
use serde::Deserialize;
use serde_yaml::Spanned;
use std::sync::Arc;

/// The fastest that a trial's clock runs: behind it time limits are shorter than what a machine takes.
pub(super) const MOST: u32 = 1_000;

/// A trial's clock.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ClockConfig {
    /// What it showed, `2026-11-23 08:00:00` in the bank's zone …
    pub start: Spanned<String>,
    /// … at this moment of the machine's clock, `2026-11-28T07:00:00.000Z`.
    pub since: Spanned<String>,
    /// How many times as fast it has run since then.
    pub scale: u32,
}

impl ClockConfig {
    pub(super) fn start(&self) -> Option<DateTime> {
        self.start.value.parse().ok()
    }

    pub(super) fn since(&self) -> Option<Timestamp> {
        self.since.value.parse().ok()
    }
}

impl Deployment {
    /// The clock of this deployment. A text that was not checked gives the machine's.
    #[must_use]
    pub fn world_clock(&self) -> Arc<dyn Clock> {
        self.trial_clock()
            .map_or_else(|| Arc::new(RealClock::new()) as Arc<dyn Clock>, |clock| Arc::new(clock))
    }

    fn trial_clock(&self) -> Option<ScaledClock> {
        let config = self.clock.as_ref()?;
        let local = tz::TimeZone::UTC.to_timestamp(config.start()?).ok()?;
        let start = local.as_microsecond().saturating_sub(i64::from(self.zone_minutes()) * 60_000_000);
        let passed =
            Timestamp::now().as_microsecond().saturating_sub(config.since()?.as_microsecond()).max(0);
        let shows = start.saturating_add(passed.saturating_mul(i64::from(config.scale)));
        Some(ScaledClock::new(Moment(shows), config.scale))
    }
}
