//! From the checked model to the flat program (decisions D2, D3, D8).
//!
//! In: a [`Model`], one of its modules, and where its spans stand in lines. Out: a [`Program`] with both instruction
//! lists, the mappings and the tables of each message, or [`LowerError`]s for what has no order. It must not know
//! octets, clocks or sockets, and it judges nothing that the checks judge.
//!
//! [`Lowering`] is a builder: whoever lowers sessions, links and flows adds expressions to the same program.

mod derived;
mod error;
mod expression;
mod file;
mod flow;
mod fold;
mod here;
mod layout;
mod map;
mod message;
mod module;
mod read;
mod recogniser;
mod session;
mod shape;
mod stride;
mod tables;
mod write;

pub use error::{LowerError, LowerErrorKind};
#[cfg(test)]
pub(crate) use expression::compile_plain as plain;
pub use expression::each_load;
pub use flow::{Alone, Beside, Seen, flows};
pub use fold::{fold, known};
pub use module::{ModuleErrors, compile, module};
pub use recogniser::recogniser;
pub use stride::note as note_strides;

use std::collections::HashMap;
use std::ops::Range;

use crate::model::{Expr, Model, Module};
use crate::program::{ExprId, Program};
use crate::source::Span;

/// Makes the program of one module.
pub struct Lowering<'m> {
    pub(super) model: &'m Model,
    pub(super) module: &'m Module,
    line_of: &'m dyn Fn(Span) -> u32,
    /// What is made so far.
    pub program: Program,
    /// What could not be made.
    pub errors: Vec<LowerError>,
    /// The code that each message's expressions are.
    regions: Vec<Range<usize>>,
    /// Wire forms, formats and chains that stand in the program already, by what they say.
    known: HashMap<String, u32>,
}

impl<'m> Lowering<'m> {
    /// Begins with the module's code tables. `line_of` gives the line, from 1, in which a span begins.
    pub fn new(model: &'m Model, module: &'m Module, line_of: &'m dyn Fn(Span) -> u32) -> Self {
        let mut lowering = Lowering {
            model,
            module,
            line_of,
            program: Program::default(),
            errors: Vec::new(),
            regions: Vec::new(),
            known: HashMap::new(),
        };
        lowering.codes();
        lowering
    }

    /// Lowers every message of the module, in order.
    pub fn messages(&mut self) {
        for message in &self.module.messages {
            let before = self.program.expressions.code.len();
            let made = message::lower(self, message);
            self.program.messages.push(made);
            self.regions.push(before..self.program.expressions.code.len());
        }
    }

    /// Adds an expression that stands in no message.
    pub fn expression(&mut self, expression: &Expr) -> ExprId {
        let folded = fold(expression, &self.model.symbols);
        expression::compile_plain(&folded, &mut self.program.expressions)
    }

    pub(super) fn line(&self, span: Span) -> u32 {
        (self.line_of)(span)
    }

    pub(super) fn error(&mut self, span: Span, kind: LowerErrorKind) {
        self.errors.push(LowerError { span, kind });
    }
}

/// Lowers the messages of a module.
///
/// # Errors
/// Everything that has no order, all of it.
pub fn lower(
    model: &Model,
    module: &Module,
    line_of: &dyn Fn(Span) -> u32,
) -> Result<Program, Vec<LowerError>> {
    let mut lowering = Lowering::new(model, module, line_of);
    lowering.messages();
    if lowering.errors.is_empty() { Ok(lowering.program) } else { Err(lowering.errors) }
}

#[cfg(test)]
mod tests;
