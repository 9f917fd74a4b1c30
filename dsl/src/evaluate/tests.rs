//! The evaluator against what the language says, by expressions of the model; folding against running.

use std::cell::RefCell;
use std::collections::HashMap;

use proptest::prelude::*;

use super::{Environment, Fault, Value, evaluate};
use crate::lower::{Lowering, fold};
use crate::model::{Expr, ExprKind, Fold, Function, Load, Model, Module, Space};
use crate::program::Program;
use crate::source::Span;
use crate::value::{Constant, DateTime, Decimal, Outcome, Symbol, Symbols, Type};

/// Facts by slot, and one list whose rows are amounts.
#[derive(Default)]
struct World {
    symbols: Symbols,
    facts: HashMap<u16, Value<'static>>,
    rows: Vec<Decimal>,
    entered: RefCell<Vec<u32>>,
}

impl Environment for World {
    fn load<'e>(&'e self, load: &Load) -> Result<Value<'e>, Fault> {
        if load.level == 1 {
            let row = *self.entered.borrow().last().ok_or(Fault::Broken)?;
            return Ok(Value::Decimal(self.rows[row as usize]));
        }
        self.facts.get(&load.slot).cloned().ok_or(Fault::NotThere(*load))
    }
    fn rows(&self, _: &Load) -> Result<u32, Fault> {
        Ok(self.rows.len() as u32)
    }
    fn enter(&self, _: &Load, row: u32) -> Result<(), Fault> {
        self.entered.borrow_mut().push(row);
        Ok(())
    }
    fn leave(&self, _: &Load) {
        self.entered.borrow_mut().pop();
    }
    fn seal(&self, _: Function, _: &str, _: &[Value<'_>]) -> Result<Value<'static>, Fault> {
        Err(Fault::NeedsSeal)
    }
    fn counter(&self, _: u32) -> Result<u64, Fault> {
        Ok(101)
    }
    fn name(&self, symbol: Symbol) -> &str {
        self.symbols.text(symbol)
    }
}

fn expr(kind: ExprKind, ty: Type) -> Expr {
    Expr { kind, ty, span: Span::default() }
}

fn constant(constant: Constant) -> Expr {
    expr(ExprKind::Constant(constant), Type::Wrong)
}

fn text(text: &str) -> Expr {
    constant(Constant::Text(text.into()))
}

fn number(number: i128) -> Expr {
    constant(Constant::Number(number))
}

fn money(text: &str) -> Expr {
    constant(Constant::Decimal(text.parse().unwrap()))
}

fn moment(text: &str) -> Expr {
    constant(Constant::DateTime(text.parse::<DateTime>().unwrap()))
}

fn fact(slot: u16) -> Expr {
    expr(ExprKind::Load(Load { space: Space::Exchange, level: 0, slot, call: 0 }), Type::Wrong)
}

fn call(function: Function, arguments: Vec<Expr>) -> Expr {
    expr(ExprKind::Function(function, arguments), Type::Wrong)
}

fn typed(function: Function, arguments: Vec<Expr>, ty: Type) -> Expr {
    expr(ExprKind::Function(function, arguments), ty)
}

fn program(expression: &Expr) -> (Program, u32) {
    let (model, module) = (Model::default(), empty_module());
    let line_of = |_: Span| 1;
    let mut lowering = Lowering::new(&model, &module, &line_of);
    let id = lowering.expression(expression);
    (lowering.program, id)
}

fn run(expression: &Expr, world: &World) -> Result<Value<'static>, Fault> {
    let (program, id) = program(expression);
    evaluate(&program.expressions, id, world).map(Value::into_owned)
}

fn empty_module() -> Module {
    Module {
        name: "party".into(),
        folder: "party".into(),
        label: "".into(),
        doc: "".into(),
        party: None,
        settings: Vec::new(),
        keys: Vec::new(),
        member: None,
        links: Vec::new(),
        codes: Vec::new(),
        sessions: Vec::new(),
        calls: Vec::new(),
        messages: Vec::new(),
        xml_forms: Vec::new(),
        flows: Vec::new(),
        reconciles: Vec::new(),
        examples: Vec::new(),
        assumed: Vec::new(),
    }
}

fn says(expression: &Expr, wanted: &str) {
    let world = World::default();
    let value = run(expression, &world).unwrap();
    assert_eq!(value.to_text(&world).unwrap(), wanted);
}

#[test]
fn functions_do_what_the_table_says() {
    use Function as F;
    let day = || moment("2026-11-23T13:05:09");
    says(&call(F::First, vec![number(2), text("张测试")]), "张测");
    says(&call(F::Last, vec![number(9), text("张测试")]), "张测试");
    says(&call(F::Pad, vec![text("7"), number(3), text("0")]), "007");
    says(&call(F::Replace, vec![text("a.b.c"), text("."), text("_")]), "a_b_c");
    says(&call(F::Lines, vec![text("POST"), text("/"), text("")]), "POST\n/\n");
    says(&call(F::JoinWith, vec![text("-"), text("a"), constant(Constant::Absent), text("b")]), "a-b");
    says(&call(F::Format, vec![day(), text("yyyyMMddHHmmss")]), "20261123130509");
    says(&call(F::Format, vec![call(F::Utc, vec![day()]), text("HH")]), "05");
    says(&call(F::Epoch, vec![moment("1970-01-02T08:00:00")]), "86400");
    says(&call(F::Days, vec![moment("2026-02-27T23:00:00"), moment("2026-03-01T01:00:00")]), "2");
    says(&call(F::EndOfDay, vec![day()]), "2026-11-23 23:59:59");
    says(&call(F::Fen, vec![money("123.40")]), "12340");
    let yuan = || Type::Money { digits: 15 };
    says(&typed(F::Round, vec![money("1.005"), text("half_up")], yuan()), "1.01");
    says(&typed(F::Round, vec![money("1.025"), text("half_even")], yuan()), "1.02");
    says(&typed(F::Number, vec![text("12.5")], yuan()), "12.50");
    says(&call(F::UrlEncoded, vec![text("a=1&b= ~*-_.")]), "a%3D1%26b%3D+%7E*-_.");
    says(&call(F::HexUpper, vec![call(F::Nul, vec![number(2)])]), "0000");
    says(&call(F::Base64, vec![text("foob")]), "Zm9vYg==");
    says(&call(F::Duration, vec![number(2), text("m")]), "120000");
    says(&expr(ExprKind::Join(vec![text("电费 "), number(7)]), Type::Wrong), "电费 7");
    says(&expr(ExprKind::Counter(6), Type::Wrong), "000101");
}

#[test]
fn what_is_missing_is_taken_by_few() {
    let world = World { facts: [(0, Value::Absent), (1, Value::text("x"))].into(), ..World::default() };
    assert_eq!(run(&call(Function::Either, vec![fact(0), fact(1)]), &world), Ok(Value::text("x")));
    assert_eq!(run(&call(Function::Present, vec![fact(0)]), &world), Ok(Value::Flag(false)));
    let is = |a, b| expr(ExprKind::Is(Box::new(a), Box::new(b)), Type::Flag);
    assert_eq!(run(&is(fact(0), constant(Constant::Absent)), &world), Ok(Value::Flag(true)));
    assert_eq!(run(&is(fact(0), fact(1)), &world), Ok(Value::Flag(false)));
    assert_eq!(run(&call(Function::Trim, vec![fact(0)]), &world), Err(Fault::Absent));
    assert_eq!(run(&expr(ExprKind::Join(vec![fact(0)]), Type::Wrong), &world), Err(Fault::Absent));
    let both = |a, b| expr(ExprKind::And(Box::new(a), Box::new(b)), Type::Flag);
    assert_eq!(run(&both(fact(0), fact(9)), &world), Ok(Value::Flag(false)));
}

#[test]
fn sums_go_through_rows() {
    let rows = ["1.10", "2.20", "3.30"].map(|text| text.parse().unwrap()).to_vec();
    let world = World { rows, ..World::default() };
    let list = Load { space: Space::Ask, level: 0, slot: 0, call: 0 };
    let row = || {
        let load = Load { space: Space::Ask, level: 1, slot: 0, call: 0 };
        expr(ExprKind::Load(load), Type::Money { digits: 15 })
    };
    let more = ExprKind::Less(Box::new(money("2.00")), Box::new(row()));
    let kind = ExprKind::Fold {
        fold: Fold::Sum,
        list,
        each: Some(Box::new(row())),
        filter: Some(Box::new(expr(more, Type::Flag))),
    };
    let sum = expr(kind, Type::Money { digits: 15 });
    assert_eq!(run(&sum, &world), Ok(Value::Decimal("5.50".parse().unwrap())));
    assert_eq!(run(&sum, &World::default()), Ok(Value::Decimal("0.00".parse().unwrap())));
    let count = expr(ExprKind::Fold { fold: Fold::Count, list, each: None, filter: None }, Type::Wrong);
    assert_eq!(run(&count, &world), Ok(Value::Number(3)));
}

#[test]
fn arithmetic_is_exact_or_fails() {
    let world = World::default();
    let multiply = |a, b| expr(ExprKind::Multiply(Box::new(a), Box::new(b)), Type::Wrong);
    let tiny = || constant(Constant::Decimal(Decimal::new(1, 20)));
    assert_eq!(run(&multiply(tiny(), tiny()), &world), Err(Fault::Overflow));
    assert_eq!(run(&multiply(number(i128::MAX), number(2)), &world), Err(Fault::Overflow));
    assert_eq!(run(&multiply(money("0.10"), number(3)), &world), Ok(Value::Decimal("0.3".parse().unwrap())));
    let outcome = constant(Constant::Outcome(Outcome::Refused(Some(Symbol(3)))));
    let refused = ExprKind::IsOutcome(Box::new(outcome), Outcome::Refused(None));
    assert_eq!(run(&expr(refused, Type::Flag), &world), Ok(Value::Flag(true)));
}

#[test]
fn days_are_taken_from_dates_and_parts_of_days_are_not() {
    let world = World::default();
    let before = |span| {
        let day = constant(Constant::Date("2026-11-24".parse().unwrap()));
        run(
            &expr(
                ExprKind::Subtract(Box::new(day), Box::new(constant(Constant::Duration(span)))),
                Type::Date,
            ),
            &world,
        )
    };
    assert_eq!(before(86_400_000), Ok(Value::Date("2026-11-23".parse().unwrap())));
    assert_eq!(before(30 * 86_400_000), Ok(Value::Date("2026-10-25".parse().unwrap())));
    assert_eq!(before(3_600_000), Err(Fault::Kind));
}

/// Expressions of every kind over constants, also ones that fail.
fn any_expression() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        "[a-z张0-9]{0,6}".prop_map(|word| text(&word)),
        any::<i64>().prop_map(|value| number(i128::from(value))),
        (any::<i32>(), 0_u32..6).prop_map(|(units, scale)| {
            constant(Constant::Decimal(Decimal::new(i64::from(units), scale)))
        }),
        any::<bool>().prop_map(|yes| constant(Constant::Flag(yes))),
        Just(constant(Constant::Absent)),
        Just(moment("2026-11-23T13:05:09")),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let functions = prop::sample::select(vec![
            Function::If,
            Function::Either,
            Function::Present,
            Function::First,
            Function::Last,
            Function::Replace,
            Function::Pad,
            Function::Upper,
            Function::Trim,
            Function::JoinWith,
            Function::Lines,
            Function::Format,
            Function::ParseDate,
            Function::Days,
            Function::Epoch,
            Function::Number,
            Function::Fen,
            Function::InWords,
            Function::Round,
            Function::Hex,
            Function::FromHex,
            Function::FromBase64,
            Function::Base64,
            Function::Nul,
            Function::LengthOf,
            Function::Digest,
        ]);
        let pair = (inner.clone(), inner.clone(), 0_u8..9);
        prop_oneof![
            (functions, prop::collection::vec(inner.clone(), 1..4)).prop_map(|(f, all)| call(f, all)),
            prop::collection::vec(inner, 1..3).prop_map(|all| expr(ExprKind::Join(all), Type::Wrong)),
            pair.prop_map(|(a, b, which)| {
                let (a, b) = (Box::new(a), Box::new(b));
                expr(
                    match which {
                        0 => ExprKind::Add(a, b),
                        1 => ExprKind::Subtract(a, b),
                        2 => ExprKind::Multiply(a, b),
                        3 => ExprKind::And(a, b),
                        4 => ExprKind::Or(a, b),
                        5 => ExprKind::Is(a, b),
                        6 => ExprKind::Less(a, b),
                        7 => ExprKind::In(a, vec![*b]),
                        _ => ExprKind::Not(a),
                    },
                    Type::Wrong,
                )
            }),
        ]
    })
}

/// The code of an expression as it stands, not folded.
fn unfolded(expression: &Expr) -> Result<Value<'static>, Fault> {
    let mut expressions = crate::program::Expressions::default();
    let id = crate::lower::plain(expression, &mut expressions);
    evaluate(&expressions, id, &World::default()).map(Value::into_owned)
}

/// `and` and `or` give the last side that was asked, which may be missing.
#[test]
fn a_side_that_is_missing_folds_to_what_it_runs_to() {
    let sides = [
        constant(Constant::Absent),
        constant(Constant::Flag(true)),
        constant(Constant::Flag(false)),
        fact(0),
    ];
    let world = World { facts: [(0, Value::Absent)].into(), ..World::default() };
    for (left, right) in sides.iter().flat_map(|left| sides.iter().map(move |right| (left, right))) {
        let (a, b) = (Box::new(left.clone()), Box::new(right.clone()));
        for kind in [ExprKind::And(a.clone(), b.clone()), ExprKind::Or(a, b)] {
            let whole = expr(kind, Type::Flag);
            let mut expressions = crate::program::Expressions::default();
            let plain = crate::lower::plain(&whole, &mut expressions);
            let folded = crate::lower::plain(&fold(&whole, &Symbols::default()), &mut expressions);
            let run = |id| evaluate(&expressions, id, &world);
            assert_eq!(run(folded), run(plain), "{whole:?}");
        }
    }
}

proptest! {
    #[test]
    fn folding_and_running_agree(expression in any_expression()) {
        let folded = fold(&expression, &Symbols::default());
        let (before, after) = (unfolded(&expression), unfolded(&folded));
        // What fails stays to fail when it runs; folding may only spare a failure in a side that is never asked.
        if let Ok(before) = before {
            prop_assert_eq!(Ok(before), after);
        }
    }
}
