//! Facts of an exchange (`exchange.serial`, `exchange.date` …) and values tagged by name for the journal.
//!
//! In: values. Out: the same values, also as octets that any later version reads by name (decisions D17). It must not
//! know where a fact comes from.

use adapters::value::Record;
use dsl::evaluate::Value;
use dsl::model::Fact;
use dsl::value::{Decimal, Outcome, Symbols};
use std::collections::BTreeMap;
use std::sync::Arc;

const COUNT: usize = Fact::WORDS.len();

/// Facts of one exchange, in the form of a business record. A copy costs nothing until it is changed: scenes, asks and
/// replies of one exchange share what none of them changes.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// None: nothing is known yet.
    values: Option<Arc<Record>>,
    /// Parameters as they counted when the flow began, by [`crate::parameters::kept_as`].
    kept: Option<Arc<BTreeMap<String, Value<'static>>>>,
}

/// What stands before a parameter's name among tagged facts; no fact's word has a blank.
const KEPT: &str = "parameter ";

impl Facts {
    /// A fact; absent if it is not known.
    #[must_use]
    pub fn get(&self, fact: Fact) -> Value<'_> {
        self.slot(fact as u16)
    }

    /// A fact by its slot.
    #[must_use]
    pub fn slot(&self, slot: u16) -> Value<'_> {
        let values = self.values.as_ref();
        values.and_then(|values| values.value(usize::from(slot)).ok()).unwrap_or(Value::Absent)
    }

    /// Whether it is known.
    #[must_use]
    pub fn knows(&self, fact: Fact) -> bool {
        self.values.as_ref().is_some_and(|values| values.slot(fact as usize).is_present())
    }

    /// Puts a fact; an absent value forgets it.
    pub fn put(&mut self, fact: Fact, value: &Value<'_>) {
        self.put_slot(fact as u16, value);
    }

    /// Puts a fact by its slot. What no business record can hold (a key, rows) is no fact, and forgets it.
    pub fn put_slot(&mut self, slot: u16, value: &Value<'_>) {
        set(self.changed(), usize::from(slot), value);
    }

    /// Puts several facts; an absent value forgets its fact.
    pub fn put_all(&mut self, facts: &[(Fact, Value<'_>)]) {
        let values = self.changed();
        for (fact, value) in facts {
            set(values, *fact as usize, value);
        }
    }

    /// Puts those of several facts that are not known.
    pub fn put_unknown(&mut self, facts: &[(Fact, Value<'_>)]) {
        let values = self.changed();
        for (fact, value) in facts {
            if !values.slot(*fact as usize).is_present() {
                set(values, *fact as usize, value);
            }
        }
    }

    /// The values, of these facts alone from now on.
    fn changed(&mut self) -> &mut Record {
        let nothing = || Arc::new(Record::new(u16::try_from(COUNT).unwrap_or(u16::MAX)));
        Arc::make_mut(self.values.get_or_insert_with(nothing))
    }

    /// Keeps parameters as they count now; rows of the flow have them too.
    pub fn keep(&mut self, parameters: BTreeMap<String, Value<'static>>) {
        self.kept = (!parameters.is_empty()).then(|| Arc::new(parameters));
    }

    /// A parameter as it counted when the flow began.
    #[must_use]
    pub fn kept(&self, name: &str) -> Option<&Value<'static>> {
        self.kept.as_ref()?.get(name)
    }

    /// The text of a fact, empty if it is not known.
    #[must_use]
    pub fn text(&self, fact: Fact, symbols: &Symbols) -> String {
        plain(&self.get(fact), symbols)
    }

    /// As tagged values by their words.
    #[must_use]
    pub fn tagged(&self, symbols: &Symbols) -> Tagged {
        let known = Fact::WORDS.iter().filter(|(fact, _)| self.knows(*fact));
        let known = known.map(|(fact, word)| ((*word).to_owned(), tag(&self.get(*fact), symbols)));
        let kept = self.kept.iter().flat_map(|kept| kept.iter());
        known.chain(kept.map(|(name, value)| (format!("{KEPT}{name}"), tag(value, symbols)))).collect()
    }

    /// From tagged values; words and values that this version does not know are passed over.
    #[must_use]
    pub fn of_tagged(tagged: &Tagged, symbols: &Symbols) -> Self {
        let mut facts = Self::default();
        for (fact, word) in Fact::WORDS {
            if let Some(value) = tagged.get(word).and_then(|text| untag(text, symbols)) {
                facts.put(fact, &value);
            }
        }
        let kept = tagged
            .iter()
            .filter_map(|(word, text)| Some((word.strip_prefix(KEPT)?.to_owned(), untag(text, symbols)?)));
        facts.keep(kept.collect());
        facts
    }
}

fn set(values: &mut Record, slot: usize, value: &Value<'_>) {
    if values.set(slot, value).is_err() {
        // A slot that there is takes a missing value.
        let _ = values.set(slot, &Value::Absent);
    }
}

/// Values by name, each as a letter for its type, a colon, and its text.
pub type Tagged = BTreeMap<String, String>;

/// A value with its tag.
#[must_use]
pub fn tag(value: &Value<'_>, symbols: &Symbols) -> String {
    let letter = match value {
        Value::Absent | Value::Key(_) | Value::Pairs(_) | Value::Rows(_) => 'a',
        Value::Flag(_) => 'f',
        Value::Number(_) => 'n',
        Value::Decimal(_) => 'd',
        Value::Text(_) => 't',
        Value::Bytes(_) => 'b',
        Value::Name(_) => 's',
        Value::Outcome(_) => 'o',
        Value::Date(_) => 'D',
        Value::Time(_) => 'T',
        Value::DateTime(_) => 'M',
        Value::Duration(_) => 'u',
    };
    format!("{letter}:{}", plain(value, symbols))
}

/// A value as plain text: what people and JSON see.
#[must_use]
pub fn plain(value: &Value<'_>, symbols: &Symbols) -> String {
    match value {
        Value::Absent | Value::Key(_) | Value::Pairs(_) | Value::Rows(_) => String::new(),
        Value::Flag(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Decimal(decimal) => decimal.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Bytes(octets) => octets.iter().map(|octet| format!("{octet:02X}")).collect(),
        Value::Name(symbol) => symbols.text(*symbol).to_owned(),
        Value::Outcome(outcome) => match outcome {
            Outcome::Done(Some(reason)) => format!("done {}", symbols.text(*reason)),
            Outcome::Refused(Some(reason)) => format!("refused {}", symbols.text(*reason)),
            other => other.to_string(),
        },
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.to_string(),
        Value::DateTime(moment) => format!("{} {}", moment.date(), moment.time()),
        Value::Duration(span) => span.to_string(),
    }
}

/// The value of a tagged text; none if it is none, or names what this version does not know.
#[must_use]
pub fn untag(text: &str, symbols: &Symbols) -> Option<Value<'static>> {
    let (letter, text) = text.split_once(':')?;
    Some(match letter {
        "f" => Value::Flag(text == "yes"),
        "n" => Value::Number(text.parse().ok()?),
        "d" => Value::Decimal(text.parse::<Decimal>().ok()?),
        "t" => Value::text(text),
        "b" => Value::bytes(crate::deployment::unhex(text)?),
        "s" => Value::Name(symbols.find(text)?),
        "o" => {
            let (kind, reason) = text.split_once(' ').map_or((text, None), |(kind, name)| (kind, Some(name)));
            let reason = reason.map(|name| symbols.find(name));
            Value::Outcome(match kind {
                "done" => Outcome::Done(reason.flatten()),
                "refused" => Outcome::Refused(reason.flatten()),
                _ => Outcome::Unknown,
            })
        }
        "D" => Value::Date(text.parse().ok()?),
        "T" => Value::Time(text.parse().ok()?),
        "M" => Value::DateTime(text.replace(' ', "T").parse().ok()?),
        "u" => Value::Duration(text.parse().ok()?),
        _ => return None,
    })
}

/// Named sections of octets: a body of the journal. Layout: a version octet, then for each section the length of its
/// name (1), the name, the length (4, big-endian) and the octets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    sections: Vec<(String, Vec<u8>)>,
}

impl Body {
    const VERSION: u8 = 1;

    /// Puts a section; names are at most 255 octets.
    pub fn put(&mut self, name: &str, octets: Vec<u8>) {
        self.sections.push((name.to_owned(), octets));
    }

    /// Without the section of a name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.sections.retain(|(known, _)| known != name);
        self
    }

    /// Puts tagged values.
    pub fn put_tagged(&mut self, name: &str, tagged: &Tagged) {
        let mut inner = Self::default();
        for (key, value) in tagged {
            inner.put(key, value.clone().into_bytes());
        }
        self.put(name, inner.encode());
    }

    /// A section.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.sections.iter().find(|(known, _)| known == name).map(|(_, octets)| octets.as_slice())
    }

    /// Tagged values of a section; empty if there is none.
    #[must_use]
    pub fn tagged(&self, name: &str) -> Tagged {
        let inner = self.get(name).and_then(Self::decode).unwrap_or_default();
        let text = |octets: Vec<u8>| String::from_utf8_lossy(&octets).into_owned();
        inner.sections.into_iter().map(|(key, value)| (key, text(value))).collect()
    }

    /// As octets.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![Self::VERSION];
        for (name, octets) in &self.sections {
            let name = name.as_bytes().get(..name.len().min(255)).unwrap_or_default();
            out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
            out.extend_from_slice(name);
            out.extend_from_slice(&u32::try_from(octets.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(octets);
        }
        out
    }

    /// From octets; none if they are no body of a version that is known.
    #[must_use]
    pub fn decode(octets: &[u8]) -> Option<Self> {
        let (&version, mut rest) = octets.split_first()?;
        if version != Self::VERSION {
            return None;
        }
        let mut sections = Vec::new();
        while let Some((&length, after)) = rest.split_first() {
            let (name, after) = after.split_at_checked(usize::from(length))?;
            let (size, after) = after.split_at_checked(4)?;
            let size = u32::from_be_bytes(size.try_into().ok()?) as usize;
            let (content, after) = after.split_at_checked(size)?;
            sections.push((String::from_utf8(name.to_vec()).ok()?, content.to_vec()));
            rest = after;
        }
        Some(Self { sections })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_go_through_the_journal_by_name() {
        let mut symbols = Symbols::default();
        let mobile = symbols.intern("mobile_bank");
        let mut facts = Facts::default();
        facts.put(Fact::Serial, &Value::text("0001:2"));
        facts.put(Fact::Channel, &Value::Name(mobile));
        facts.put(Fact::BusinessDate, &Value::Date("2026-11-23".parse().unwrap()));
        let limit = Value::Decimal("500.00".parse().unwrap());
        facts.keep(BTreeMap::from([("school.day_limit".to_owned(), limit.clone())]));
        let mut body = Body::default();
        body.put_tagged("facts", &facts.tagged(&symbols));
        let back = Body::decode(&body.encode()).unwrap();
        let back = Facts::of_tagged(&back.tagged("facts"), &symbols);
        for (fact, _) in Fact::WORDS {
            assert_eq!(back.get(fact), facts.get(fact));
        }
        assert_eq!((back.kept("school.day_limit"), back.kept("day_limit")), (Some(&limit), None));
    }

    #[test]
    fn a_broken_body_is_none() {
        let mut body = Body::default();
        body.put("ask", vec![1, 2, 3]);
        let octets = body.encode();
        for cut in 1..octets.len() {
            assert!(cut == 1 || Body::decode(&octets[..cut]).is_none());
        }
        assert!(Body::decode(&[]).is_none());
    }
}
