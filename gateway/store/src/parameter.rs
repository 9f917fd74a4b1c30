//! Changes of parameters: who proposed what from which business date on, and who decided it. Nothing of it is ever taken
//! out or written over: what a parameter was on any day can be read from it.

use crate::model::{Day, Moment};

/// A parameter: of a module, or of one of its members.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParameterName {
    /// The module.
    pub party: String,
    /// The member; empty where the parameter is the module's own.
    pub member: String,
    /// Its name in the adapter.
    pub name: String,
}

/// A change as a person proposes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterProposed {
    /// Its number, rising, from a block of numbers.
    pub number: u64,
    /// Of what.
    pub parameter: ParameterName,
    /// What counts on that date without the change.
    pub old: String,
    /// What shall count.
    pub new: String,
    /// From which business date on.
    pub from: Day,
    /// Who proposes it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// What another person says of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterDecided {
    /// The proposal's number.
    pub number: u64,
    /// Whether it counts from its date on.
    pub agreed: bool,
    /// Who decides.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A change as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterChange {
    /// What was proposed.
    pub proposed: ParameterProposed,
    /// When.
    pub at: Moment,
    /// What was decided, and when; none: it waits.
    pub decided: Option<(ParameterDecided, Moment)>,
}
