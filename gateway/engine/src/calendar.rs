//! Moments and days of the bank: the zone, the business date and its cut-over.
//!
//! In: moments of the world's clock. Out: days, times and the next moment that a job is due. It must not know parties
//! or flows; a day begins at its cut-over, not at midnight.

use dsl::evaluate::number::push_figures;
use dsl::value::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};
use link::Moment;
use store::Day;

/// The bank's clock face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Minutes east of UTC.
    pub zone_minutes: i32,
    /// Minutes after midnight at which the business date changes, where a party says nothing else.
    pub cut_over: u16,
}

impl Calendar {
    /// Day and time at the bank.
    #[must_use]
    pub fn local(&self, moment: Moment) -> DateTime {
        let shifted = moment.micros().saturating_add(i64::from(self.zone_minutes) * 60_000_000);
        let timestamp = Timestamp::from_microsecond(shifted).unwrap_or(Timestamp::UNIX_EPOCH);
        jiff::tz::TimeZone::UTC.to_datetime(timestamp)
    }

    /// The second from which on a moment of the journal has passed, in words for people.
    #[must_use]
    pub fn from_second(&self, moment: store::Moment) -> String {
        let local = self.local(Moment(moment.0.saturating_add(999).saturating_mul(1_000)));
        format!("{} {}", local.strftime("%Y-%m-%d %H:%M:%S"), self.zone())
    }

    /// The zone in words.
    #[must_use]
    pub fn zone(&self) -> String {
        let sign = if self.zone_minutes < 0 { '-' } else { '+' };
        let minutes = self.zone_minutes.unsigned_abs();
        format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// The moment of a day and time at the bank.
    #[must_use]
    pub fn moment(&self, local: DateTime) -> Moment {
        let zoned = jiff::tz::TimeZone::UTC.to_timestamp(local).unwrap_or(Timestamp::UNIX_EPOCH);
        Moment(zoned.as_microsecond().saturating_sub(i64::from(self.zone_minutes) * 60_000_000))
    }

    /// The business date under a cut-over. One after noon opens the next day early, one before noon closes the day
    /// late.
    #[must_use]
    pub fn business_date(&self, local: DateTime, cut_over: Option<u16>) -> Date {
        let cut_over = i32::from(cut_over.unwrap_or(self.cut_over));
        let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
        let date = local.date();
        if cut_over >= 12 * 60 && minute >= cut_over {
            date.tomorrow().unwrap_or(date)
        } else if cut_over < 12 * 60 && minute < cut_over {
            date.yesterday().unwrap_or(date)
        } else {
            date
        }
    }

    /// The moment at which a business date is over under a cut-over.
    #[must_use]
    pub fn over(&self, date: Date, cut_over: Option<u16>) -> Moment {
        let minute = cut_over.unwrap_or(self.cut_over);
        let ends_on = if minute >= 12 * 60 { date } else { date.tomorrow().unwrap_or(date) };
        let start = ends_on.to_datetime(Time::midnight());
        let end = start.checked_add(SignedDuration::from_mins(minute.into())).unwrap_or(start);
        self.moment(end)
    }

    /// The next time, after `from`, that the clock shows this minute of a day.
    #[must_use]
    pub fn next_at(&self, from: DateTime, minute: u16) -> DateTime {
        let hour = i8::try_from(minute / 60 % 24).unwrap_or(0);
        let time = Time::constant(hour, i8::try_from(minute % 60).unwrap_or(0), 0, 0);
        let today = from.date().to_datetime(time);
        if today > from {
            return today;
        }
        from.date().tomorrow().unwrap_or(from.date()).to_datetime(time)
    }

    /// Milliseconds from one local moment to another; 0 if it has passed.
    #[must_use]
    pub fn until(&self, from: DateTime, to: DateTime) -> u64 {
        let span = to.duration_since(from);
        if span < SignedDuration::ZERO { 0 } else { u64::try_from(span.as_millis()).unwrap_or(u64::MAX) }
    }
}

/// A day as the journal counts it.
#[must_use]
pub fn day(date: Date) -> Day {
    let part = |number: i8| u32::try_from(number).unwrap_or(0);
    Day(u32::try_from(date.year()).unwrap_or(0) * 10_000 + part(date.month()) * 100 + part(date.day()))
}

/// The date of a journal's day; none for day 0.
#[must_use]
pub fn date(day: Day) -> Option<Date> {
    let year = i16::try_from(day.0 / 10_000).ok()?;
    let month = i8::try_from(day.0 / 100 % 100).ok()?;
    Date::new(year, month, i8::try_from(day.0 % 100).ok()?).ok()
}

/// A moment and a number behind it, as the serial of a flow: `yyyyMMddHHmmss` and eighteen figures.
#[must_use]
pub fn flow_serial(moment: DateTime, number: u64) -> String {
    let (date, time) = (day(moment.date()).0, moment.time());
    let clock = i32::from(time.hour()) * 10_000 + i32::from(time.minute()) * 100 + i32::from(time.second());
    let mut serial = String::with_capacity(32);
    push_figures(date.into(), 8, &mut serial);
    push_figures(u64::try_from(clock).unwrap_or(0), 6, &mut serial);
    push_figures(number, 18, &mut serial);
    serial
}

/// A number as a serial of twelve figures.
#[must_use]
pub fn serial(number: u64) -> String {
    let mut serial = String::with_capacity(12);
    push_figures(number, 12, &mut serial);
    serial
}

/// A moment as the journal counts it.
#[must_use]
pub fn stamp(moment: Moment) -> store::Moment {
    store::Moment(moment.micros().div_euclid(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_business_date_changes_at_the_cut_over() {
        let calendar = Calendar { zone_minutes: 480, cut_over: 0 };
        let late: DateTime = "2026-11-23T23:30:00".parse().unwrap();
        let early: DateTime = "2026-11-23T01:00:00".parse().unwrap();
        assert_eq!(calendar.business_date(late, Some(23 * 60 + 30)).to_string(), "2026-11-24");
        assert_eq!(calendar.business_date(late, None).to_string(), "2026-11-23");
        assert_eq!(calendar.business_date(early, Some(120)).to_string(), "2026-11-22");
    }

    #[test]
    fn a_business_date_is_over_at_its_cut_over() {
        let calendar = Calendar { zone_minutes: 480, cut_over: 0 };
        let date: Date = "2026-11-23".parse().unwrap();
        for cut_over in [None, Some(120), Some(11 * 60 + 59), Some(12 * 60), Some(23 * 60 + 30)] {
            let over = calendar.over(date, cut_over);
            let of = |moment| calendar.business_date(calendar.local(moment), cut_over);
            assert_eq!(of(Moment(over.0 - 1)), date, "{cut_over:?}");
            assert_eq!(of(over), date.tomorrow().unwrap(), "{cut_over:?}");
        }
    }

    #[test]
    fn moments_go_to_local_time_and_back() {
        let calendar = Calendar { zone_minutes: 480, cut_over: 0 };
        let local: DateTime = "2026-11-23T08:00:00".parse().unwrap();
        assert_eq!(calendar.local(calendar.moment(local)), local);
        assert_eq!(calendar.moment(local).micros() % 86_400_000_000, 0);
        let from = |micros| calendar.from_second(stamp(Moment(calendar.moment(local).0 + micros)));
        assert_eq!(
            [from(0), from(1_000)],
            ["2026-11-23 08:00:00 UTC+08:00", "2026-11-23 08:00:01 UTC+08:00"]
        );
        assert_eq!(date(day(local.date())), Some(local.date()));
        assert_eq!(flow_serial(local, 42), "20261123080000000000000000000042");
        assert_eq!([serial(42), serial(1_234_567_890_123)], ["000000000042", "1234567890123"]);
        assert_eq!(calendar.next_at(local, 480).to_string(), "2026-11-24T08:00:00");
    }
}
