//! Days: what the parties' messages said of them, held against each other (`flows.md` 7). A copy of a message bears the day
//! of the first, a reversal or a question names the day that its original bore, and what bears a business date bears that of its
//! party at the moment that it bears.
//!
//! In: what each party took, and when the plan says that its business date changes. Out: what does not agree, in words. It must not
//! know how the gateway dates anything: it reads no journal and no adapter's calendar.

use conformance::party::{Dated, Days};
use dsl::value::{Date, DateTime, Time};
use std::collections::BTreeMap;

/// What one party took.
pub(super) struct Book<'b> {
    pub(super) folder: &'b str,
    /// When its business date changes.
    pub(super) cut_over: Time,
    pub(super) dated: &'b [Dated],
}

impl Book<'_> {
    /// What bears or names a wrong day, once for each message.
    pub(super) fn misdated(&self) -> Vec<String> {
        // By its serial what speaks of no other, whenever it came: a reversal may overtake it.
        let mut spoken_of: BTreeMap<&str, &Dated> = BTreeMap::new();
        for dated in self.dated.iter().filter(|dated| dated.original.is_none()) {
            spoken_of.entry(&dated.own.serial).or_insert(dated);
        }
        let (mut first, mut wrong) = (BTreeMap::new(), Vec::new());
        for Dated { call, own, original } in self.dated {
            let copied = *first.entry((call, &own.serial)).or_insert(own);
            let what = if differs(copied.date, own.date) || differs(copied.business, own.business) {
                Some(format!("a copy bears {}, and the first bore {}", shown(own), shown(copied)))
            } else if let Some(named) = original {
                let bore =
                    spoken_of.get(named.serial.as_str()).filter(|bore| self.is_another(named, &bore.own));
                bore.map(|bore| {
                    format!("it names {} for {}, which bore {}", shown(named), bore.call, shown(&bore.own))
                })
            } else {
                let should = self.should_bear(own).filter(|should| differs(own.business, Some(*should)));
                should.map(|should| format!("it bears {}, and it is {should} there then", shown(own)))
            };
            wrong.extend(what.map(|what| format!("{}: {call} {}: {what}", self.folder, own.serial)));
        }
        wrong
    }

    /// Whether what is named for an exchange is another day than it bore. One that bore no business date has that of its moment.
    fn is_another(&self, named: &Days, bore: &Days) -> bool {
        let business = bore.business.or_else(|| self.should_bear(bore));
        differs(named.date, bore.date) || differs(named.business, business)
    }

    /// The party's business date at the moment that is borne.
    fn should_bear(&self, days: &Days) -> Option<Date> {
        days.moment.and_then(|moment| business_date(moment, self.cut_over))
    }
}

/// Two days that are known and not one.
fn differs(one: Option<Date>, other: Option<Date>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

/// A cut-over behind noon opens the next day early, one before noon closes the day late.
fn business_date(moment: DateTime, cut_over: Time) -> Option<Date> {
    match (cut_over.hour() >= 12, moment.time() >= cut_over) {
        (true, true) => moment.date().tomorrow().ok(),
        (false, false) => moment.date().yesterday().ok(),
        (true, false) | (false, true) => Some(moment.date()),
    }
}

fn shown(days: &Days) -> String {
    let business = days.business.map(|date| format!("business date {date}"));
    let date = days.date.map(|date| date.to_string());
    let moment = days.moment.map(|moment| moment.to_string());
    business.into_iter().chain(moment.or(date)).collect::<Vec<_>>().join(" at ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATE: &str = "23:30:00";

    /// A message under a serial, with the moment and the business date that it bears, each if any.
    fn says(serial: &str, moment: &str, business: &str) -> Dated {
        Dated { call: "pay".to_owned(), own: days(serial, moment, business), original: None }
    }

    fn days(serial: &str, moment: &str, business: &str) -> Days {
        let moment: Option<DateTime> = moment.parse().ok();
        let date = moment.map(DateTime::date);
        Days { serial: serial.to_owned(), date, moment, business: business.parse().ok() }
    }

    fn of(original: Days) -> Dated {
        let own = days("9", "2026-11-24T08:00:00", "");
        Dated { call: "reverse".to_owned(), own, original: Some(original) }
    }

    fn wrongs(cut_over: &str, dated: &[Dated]) -> usize {
        Book { folder: "party", cut_over: cut_over.parse().unwrap(), dated }.misdated().len()
    }

    #[test]
    fn a_business_date_is_the_partys_at_the_moment_that_is_borne() {
        let before = says("1", "2026-11-23T23:29:59", "2026-11-23");
        let behind = says("2", "2026-11-23T23:30:00", "2026-11-24");
        assert_eq!(wrongs(LATE, &[before.clone(), behind.clone()]), 0);
        assert_eq!(wrongs("00:00", &[before.clone(), behind.clone()]), 1);
        assert_eq!(wrongs("17:30", &[before, behind]), 1);
        assert_eq!(wrongs("02:00", &[says("1", "2026-11-24T01:59:59", "2026-11-23")]), 0);
        assert_eq!(wrongs("02:00", &[says("1", "2026-11-24T02:00:00", "2026-11-23")]), 1);
        assert_eq!(wrongs(LATE, &[says("1", "", "2026-11-30"), says("2", "2026-11-23T23:30:00", "")]), 0);
    }

    #[test]
    fn a_copy_bears_the_day_of_the_first() {
        let first = says("1", "2026-11-23T23:29:59", "2026-11-23");
        assert_eq!(wrongs(LATE, &[first.clone(), first.clone()]), 0);
        assert_eq!(wrongs(LATE, &[first.clone(), says("1", "2026-11-23T23:30:40", "2026-11-24")]), 1);
        let anew = says("2", "2026-11-23T23:30:40", "2026-11-24");
        assert_eq!(wrongs(LATE, &[first, anew]), 0);
    }

    #[test]
    fn what_speaks_of_an_original_names_the_day_that_it_bore() {
        let pays = says("1", "2026-11-23T23:29:59", "2026-11-23");
        let names = |business: &str| of(days("1", "", business));
        assert_eq!(wrongs(LATE, &[pays.clone(), names("2026-11-23")]), 0);
        assert_eq!(wrongs(LATE, &[pays.clone(), names("2026-11-24")]), 1);
        assert_eq!(wrongs(LATE, &[names("2026-11-24"), pays]), 1, "a reversal that came first");
        assert_eq!(wrongs(LATE, &[names("2026-11-24")]), 0, "of what never came nothing is known");
        // Of one that bore none it is that of its moment; a day by the clock is held against one by the clock.
        let silent = says("1", "2026-11-23T23:45:00", "");
        assert_eq!(wrongs(LATE, &[silent.clone(), names("2026-11-24")]), 0);
        assert_eq!(wrongs("00:00", &[silent.clone(), names("2026-11-24")]), 1);
        assert_eq!(wrongs(LATE, &[silent.clone(), of(days("1", "2026-11-23T23:59:00", ""))]), 0);
        assert_eq!(wrongs(LATE, &[silent, of(days("1", "2026-11-24T00:01:00", ""))]), 1);
    }
}
