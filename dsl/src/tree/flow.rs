//! Flows.

use super::{Block, Case, Check, Count, Duration, Every, Expr, ListExpr, Name, Otherwise, Path, Text, Time};

/// `flow NAME L on … { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Flow {
    /// The name.
    pub name: Name,
    /// What begins it.
    pub trigger: Trigger,
    /// `per NAME`: once for each member of the party.
    pub per: Option<Name>,
    /// `for NAME expr ELSE`: the member that is asked about.
    pub of: Option<FlowMember>,
    /// Its statements.
    pub block: Block<FlowStatement>,
}

/// `for NAME expr ELSE` of a flow.
#[derive(Clone, PartialEq, Debug)]
pub struct FlowMember {
    /// The sort of member.
    pub member: Name,
    /// Its name, said by what is asked.
    pub named: Expr,
    /// What if there is none of that name.
    pub otherwise: Option<Otherwise>,
}

/// What begins a flow.
#[derive(Clone, PartialEq, Debug)]
pub enum Trigger {
    /// `on PATH`: a service, something served, a comparison of books.
    On(Path),
    /// `on refused CALL, …`: files that are not taken.
    Refused(Vec<Name>),
    /// `on daily TIME`.
    Daily(Time),
    /// `on every expr`.
    Every(Expr),
}

/// A statement of a flow.
#[derive(Clone, PartialEq, Debug)]
pub enum FlowStatement {
    /// `limit … at most expr ELSE`.
    Limit(Limit),
    /// `check expr ELSE`.
    Check(Check),
    /// `deadline expr after path (, warn expr)? ELSE`.
    Deadline {
        /// How long.
        limit: Expr,
        /// From when.
        after: Path,
        /// When people are warned.
        warn: Option<Expr>,
        /// What when it is over.
        otherwise: Option<Otherwise>,
    },
    /// `hold NAME? STRING for expr`: waits for a person.
    Hold {
        /// What the decision is called, where the flow goes on whichever it is.
        name: Option<Name>,
        /// For what.
        what: Text,
        /// Of which post.
        who: Expr,
    },
    /// `park STRING`.
    Park(Text),
    /// `refuse NAME`.
    Refuse(Name),
    /// `wait until expr`.
    WaitUntil(Expr),
    /// `wait for PATH`: for the rows of that list which were told as open.
    WaitFor(Path),
    /// `cancel refused after NAME`.
    CancelRefusedAfter(Name),
    /// `cancel NAME where expr ELSE`: the asker's cancellation of another flow.
    Cancel {
        /// The flow.
        flow: Name,
        /// Which one.
        condition: Expr,
        /// If there is none.
        otherwise: Option<Otherwise>,
    },
    /// `step NAME PATH (at expr)? { … }?`.
    Step(Step),
    /// `start PATH { … }`.
    Start {
        /// The service.
        service: Path,
        /// Its ask.
        mappings: Option<Block<Mapping>>,
    },
    /// `await NAME NAME where expr up to DUR ELSE`.
    Await {
        /// What the answer is called.
        name: Name,
        /// What is served.
        call: Path,
        /// Which one.
        condition: Expr,
        /// How long at most.
        limit: Duration,
        /// What then.
        otherwise: Option<Otherwise>,
    },
    /// `each NAME in PATH …`.
    Each(Each),
    /// `together { … }`.
    Together(Block<FlowStatement>),
    /// `choose expr { case* }`.
    Choose {
        /// What decides.
        subject: Expr,
        /// The cases.
        cases: Vec<Case<FlowStatement>>,
    },
    /// `when expr { … }`.
    When {
        /// When.
        condition: Expr,
        /// What then.
        block: Block<FlowStatement>,
    },
    /// `answer { … }`.
    Answer(Block<Mapping>),
}

/// `limit (path | (sum path | count) by path,* (each (day|month))? (as NAME)?) at most expr ELSE`.
#[derive(Clone, PartialEq, Debug)]
pub struct Limit {
    /// What is limited.
    pub kind: LimitKind,
    /// `at most`.
    pub at_most: Expr,
    /// What else.
    pub otherwise: Option<Otherwise>,
}

/// What a limit counts.
#[derive(Clone, PartialEq, Debug)]
pub enum LimitKind {
    /// One value.
    Value(Path),
    /// `sum path by path,*`.
    Sum {
        /// What is added.
        of: Path,
        /// For each of these.
        by: Vec<Path>,
        /// Over what span, and with whom.
        over: LimitOver,
    },
    /// `count by path,*`.
    Count {
        /// For each of these.
        by: Vec<Path>,
        /// Over what span, and with whom.
        over: LimitOver,
    },
}

/// Over what span a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitSpan {
    /// For ever; of one value: this once.
    Ever,
    /// Each business date.
    Day,
    /// Each month of business dates.
    Month,
}

/// `(each (day|month))? (as NAME)?` of a limit.
#[derive(Clone, PartialEq, Debug)]
pub struct LimitOver {
    /// The span.
    pub span: LimitSpan,
    /// The counter that other flows count on too.
    pub counter: Option<Name>,
}

/// `step NAME PATH (at expr)? { mapping }?`.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// What its answer is called.
    pub name: Name,
    /// The service, or a call of this party.
    pub service: Path,
    /// At which party.
    pub at: Option<Expr>,
    /// Its ask, and what if it has to be undone.
    pub mappings: Option<Block<Mapping>>,
}

/// `each NAME in PATH (-> PATH)? (, NUM at once)? (, once by path,*)? { … }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Each {
    /// What an item is called.
    pub item: Name,
    /// The list.
    pub list: Path,
    /// Where the answers go.
    pub results: Option<Path>,
    /// How many at a time.
    pub at_once: Option<Count>,
    /// The key of an item; empty if not said.
    pub once: Vec<Path>,
    /// What is done for each.
    pub block: Block<FlowStatement>,
}

/// A statement of a step or of an `answer`.
#[expect(clippy::large_enum_variant, reason = "a tree is built once; boxes would stand in its readers' way")]
#[derive(Clone, PartialEq, Debug)]
pub enum Mapping {
    /// `path <- listexpr ELSE`.
    Assign {
        /// What is given a value.
        target: Path,
        /// The value.
        value: ListExpr,
        /// What if it fails.
        otherwise: Option<Otherwise>,
    },
    /// `pass PATH`: all of the same names.
    Pass(Path),
    /// `else park STRING`: on an ordinary refusal.
    ElsePark(Text),
    /// `undo (PATH { … })?`.
    Undo {
        /// Another service than the provider's own.
        service: Option<Path>,
        /// Its ask.
        mappings: Option<Block<Mapping>>,
    },
    /// `correct PATH { … }`: what puts it right where no way back has worked, and people want that.
    Correct {
        /// The service.
        service: Path,
        /// Its ask.
        mappings: Option<Block<Mapping>>,
    },
    /// `keep STRING`: it is never undone, and why.
    Keep(Text),
    /// `best effort`.
    BestEffort,
    /// `again EVERY`: how often a query is asked until it is answered.
    Again(Every),
    /// `else go on (for NAME,*)?`: a refusal, for these reasons if some are named, does not end the flow.
    ElseGoOn(Vec<Name>),
}
