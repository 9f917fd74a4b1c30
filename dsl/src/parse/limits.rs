//! What a text may hold at most, so that neither the parser nor any walk over its tree can be driven too deep.

use super::cursor::{In, Res};
use crate::diagnostics::register::syntax;

/// Braces and brackets in one another.
pub const NESTING_MAX: u32 = 16;
/// Operators in one statement: the depth of an expression's tree, since chains lean to the left.
pub const OPERATORS_MAX: u32 = 200;
/// Statements of one file; a party's files together have the same limit.
pub const STATEMENTS_MAX: u32 = 20_000;

/// One brace or bracket more is open.
pub(crate) fn deeper(input: In<'_>) -> Result<(), nom::Err<super::cursor::Fault>> {
    let depth = input.state.depth.get();
    if depth >= NESTING_MAX {
        let title = "nested too deep";
        let found = input
            .error(syntax::TOO_DEEP, title, "the 17th level")
            .help("give a part a name: a `layout`, or a `let`");
        let failed: Res<'_, ()> = input.fail(found);
        return failed.map(|_| ());
    }
    input.state.depth.set(depth + 1);
    Ok(())
}

/// One brace or bracket less is open.
pub(crate) fn higher(input: In<'_>) {
    input.state.depth.set(input.state.depth.get().saturating_sub(1));
}

/// One operator more.
pub(crate) fn operator(input: In<'_>) -> Result<(), nom::Err<super::cursor::Fault>> {
    let operators = input.state.operators.get() + 1;
    input.state.operators.set(operators);
    if operators > OPERATORS_MAX {
        let title = "this expression is too long";
        let found = input.error(syntax::LONG_EXPRESSION, title, "the 201st operator of this statement");
        let failed: Res<'_, ()> = input.fail(found.help("name a part with `let`"));
        return failed.map(|_| ());
    }
    Ok(())
}
