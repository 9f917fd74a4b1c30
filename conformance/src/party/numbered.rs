//! The numbers of a party's own side: kept over connections, said and heard.

use super::begin::prepare;
use super::compose::{Composed, compose, place};
use super::play::{Play, locked};
use crate::numbered::{Counted, Saying, Side, Turn, numbering, unused};
use crate::scene::{Parts, Scene};
use dsl::evaluate::Value;
use dsl::model::{Fact, Numbering};
use dsl::value::Date;
use std::collections::BTreeMap;

/// Numbers by link, and the day that they began on.
pub(crate) type AllNumbers = BTreeMap<usize, (Counted, Option<Date>)>;

impl Play {
    fn side<T>(&self, link: usize, with: impl FnOnce(&Side<'_>) -> T) -> Option<T> {
        let module = self.module();
        let side = Side {
            adapter: &self.loaded.party,
            link: module.links.get(link)?,
            numbering: numbering(module, link)?,
            inner: &|message| {
                self.loaded.inner.get(usize::from(message)).map_or_else(String::new, ToString::to_string)
            },
            scene: &|| self.scene(),
        };
        Some(with(&side))
    }

    /// Does something with the numbers of a link.
    pub(crate) fn counting<T>(&self, link: usize, with: impl FnOnce(&mut Counted) -> T) -> T {
        let mut all = locked(&self.numbers);
        with(&mut all.entry(link).or_insert_with(|| (unused(), None)).0)
    }

    /// A new connection of a link: what came too early comes again; numbers of a day begin anew with the day.
    pub(crate) fn counts_anew(&self, link: usize) {
        let Some(Numbering { daily, .. }) = numbering(self.module(), link) else { return };
        self.counting(link, Counted::connected);
        let today = self.now().date();
        let mut all = locked(&self.numbers);
        if let Some((numbers, day)) = all.get_mut(&link).filter(|(_, day)| daily && *day != Some(today)) {
            (*numbers, *day) = (unused(), Some(today));
        }
    }

    /// What follows from a message of a link: where nothing is numbered, it is heard.
    pub(crate) fn turns(&self, link: usize, parts: Parts) -> Vec<Turn> {
        let plain = parts.clone();
        let turns = self.side(link, |side| self.counting(link, |numbers| side.came(numbers, parts)));
        turns.unwrap_or_else(|| vec![Turn::Hear(plain)])
    }

    /// A message was lost on purpose before it was counted.
    pub(crate) fn never_came(&self, link: usize, parts: &Parts) {
        if let Some(number) = self.side(link, |side| side.number(parts)).flatten() {
            self.counting(link, |numbers| numbers.never_came(number));
        }
    }

    /// Gives a message that is about to be written its number; the number, where there is one.
    pub(crate) fn numbers(&self, link: usize, scene: &mut Scene) -> Option<u64> {
        numbering(self.module(), link)?;
        let number = self.counting(link, Counted::take);
        scene.put_fact(Fact::MessageNumber, Value::Number(number.into()));
        Some(number)
    }

    /// The last number taken was not used.
    pub(crate) fn not_used(&self, link: usize, number: Option<u64>) {
        if let Some(number) = number {
            self.counting(link, |numbers| numbers.give_back(number));
        }
    }

    /// Writes what is said about numbers.
    pub(crate) fn say(&self, link: usize, saying: &Saying) -> Result<Parts, String> {
        let form = self.module().calls.get(usize::from(saying.call.0)).ok_or("a call that is not there")?;
        let request = form.call.request;
        let mut scene = self.scene();
        prepare(self, &mut scene, request, None, &saying.fields)?;
        match saying.again {
            Some(number) => {
                let now = scene.now;
                scene.put_fact(Fact::MessageNumber, Value::Number(number.into()));
                scene.put_fact(Fact::MessageAgain, Value::Flag(true));
                scene.put_fact(Fact::MessageFirst, Value::DateTime(now));
            }
            None => drop(self.numbers(link, &mut scene)),
        }
        let named = self.named(request).ok_or("a message that is not there")?;
        let inner = self.loaded.inner.get(usize::from(request.0)).map_or("", |path| path);
        let said =
            Composed { fields: place(&named, inner, &saying.fields), outcome: None, wrong_seal: false };
        compose(&mut scene, request, &said, None).map(|(parts, _)| parts)
    }
}
