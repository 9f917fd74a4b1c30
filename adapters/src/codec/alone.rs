//! Expressions outside of a message: keys of asks, serials, values of sessions.
//!
//! In: expressions and surroundings. Out: a value. Seals are computed in place, also those that take long.

use std::borrow::Cow;

use dsl::evaluate::{self, Environment, Fault, Value};
use dsl::model::{Function, Load, Space};
use dsl::program::{ExprId, Expressions};
use dsl::value::{DateTime, Symbol};

use super::seals::Seals;
use crate::value::Surroundings;

/// The value of an expression that looks at no octets. Texts under seals are taken in this charset.
///
/// # Errors
/// As [`evaluate::evaluate`].
pub fn evaluate_alone(
    expressions: &Expressions,
    id: ExprId,
    charset: &str,
    surroundings: &dyn Surroundings,
) -> Result<Value<'static>, Fault> {
    let alone = Alone { charset, seals: Seals::default(), surroundings };
    alone.seals.at_once(surroundings, || evaluate::evaluate(expressions, id, &alone).map(Value::into_owned))
}

/// The value of one sealing function over values that are known. Texts are taken in this charset.
///
/// # Errors
/// As [`evaluate::evaluate`].
pub fn seal_alone(
    function: Function,
    algorithm: &str,
    arguments: &[Value<'_>],
    charset: &str,
    surroundings: &dyn Surroundings,
) -> Result<Value<'static>, Fault> {
    let seals = Seals::default();
    seals.at_once(surroundings, || seals.call(function, algorithm, arguments, charset, surroundings))
}

struct Alone<'a> {
    charset: &'a str,
    seals: Seals,
    surroundings: &'a dyn Surroundings,
}

impl Environment for Alone<'_> {
    fn load<'e>(&'e self, load: &Load) -> Result<Value<'e>, Fault> {
        if load.space == Space::Key { Ok(Value::Key(*load)) } else { self.surroundings.load(load) }
    }

    fn rows(&self, list: &Load) -> Result<u32, Fault> {
        self.surroundings.rows(list)
    }

    fn enter(&self, list: &Load, row: u32) -> Result<(), Fault> {
        self.surroundings.enter(list, row)
    }

    fn leave(&self, list: &Load) {
        self.surroundings.leave(list);
    }

    fn position(&self, row: &Load) -> Result<u32, Fault> {
        self.surroundings.position(row)
    }

    fn seal(
        &self,
        function: Function,
        algorithm: &str,
        arguments: &[Value<'_>],
    ) -> Result<Value<'static>, Fault> {
        self.seals.call(function, algorithm, arguments, self.charset, self.surroundings)
    }

    fn counter(&self, digits: u32) -> Result<u64, Fault> {
        self.surroundings.counter(digits)
    }

    fn now(&self) -> Result<DateTime, Fault> {
        self.surroundings.now()
    }

    fn name(&self, symbol: Symbol) -> &str {
        self.surroundings.symbols().text(symbol)
    }

    fn secret<'e>(&'e self, key: &Load) -> Result<Cow<'e, [u8]>, Fault> {
        self.surroundings.secret(key)
    }
}
