//! What the messages that a party takes say of days: of their own exchange, and of the one that they speak of.
//!
//! In: a scene in which a message was read. Out: [`Dated`], for whoever holds one against the other. It must not know who
//! that is, nor which day would be right.

use crate::scene::{Facts, Scene};
use dsl::evaluate::Value;
use dsl::model::Fact;
use dsl::value::{Date, DateTime};
use std::iter;

/// A message, as far as it speaks of days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// Its call.
    pub call: String,
    /// Of the exchange that it belongs to.
    pub own: Days,
    /// Of the exchange that it speaks of.
    pub original: Option<Days>,
}

/// What is said of an exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Days {
    /// The asker's serial.
    pub serial: String,
    /// The asker's day by the clock.
    pub date: Option<Date>,
    /// The asker's moment by the clock.
    pub moment: Option<DateTime>,
    /// The business date.
    pub business: Option<Date>,
}

impl Dated {
    /// What a message of a call says; none where it bears no serial, so that nothing can be told of it.
    pub(super) fn of(call: &str, scene: &Scene) -> Option<Self> {
        let own = Days::of(&scene.facts)?;
        Some(Self { call: call.to_owned(), own, original: Days::of(&scene.original_facts) })
    }

    /// Leaves business dates alone, where no seal covers what is said by the clock.
    pub fn forget_clock(&mut self) {
        for days in iter::once(&mut self.own).chain(&mut self.original) {
            (days.date, days.moment) = (None, None);
        }
    }
}

impl Days {
    fn of(facts: &Facts) -> Option<Self> {
        let fact = |fact: Fact| facts.get(fact as usize);
        let date = |known: Fact| match fact(known) {
            Some(Value::Date(date)) => Some(*date),
            _ => None,
        };
        let Some(Value::Text(serial)) = fact(Fact::Serial) else { return None };
        let moment = match (fact(Fact::Moment), fact(Fact::Date), fact(Fact::Time)) {
            (Some(Value::DateTime(moment)), ..) => Some(*moment),
            (_, Some(Value::Date(date)), Some(Value::Time(time))) => Some(date.to_datetime(*time)),
            _ => None,
        };
        let by_clock = date(Fact::Date).or(moment.map(DateTime::date));
        Some(Self {
            serial: serial.trim().to_owned(),
            date: by_clock,
            moment,
            business: date(Fact::BusinessDate),
        })
    }
}
