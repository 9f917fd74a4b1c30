//! What came back against what was sent.
//!
//! In: two records of one message. Out: the first field that differs, its values told, private ones masked.

use super::Ended;
use super::values::told;
use adapters::codec::{FaultKind, Judged, Judgement};
use adapters::value::{Record, Tag};
use dsl::evaluate::Value;
use dsl::model::Function;
use dsl::program::{Code, ExprId, FieldForm, MessageProgram, Program, Read};
use dsl::value::{CipherName, Constant, Symbols};

/// Compares what was written with what was read.
pub(super) struct Compare<'c> {
    pub(super) form: &'c MessageProgram,
    pub(super) written: &'c Record,
    pub(super) symbols: &'c Symbols,
}

impl Compare<'_> {
    /// Compares the fields of a list's row, or of the message itself; `bases`: where each record's row begins.
    pub(super) fn rows(
        &self,
        read: &Record,
        list: Option<u16>,
        (written_base, read_base): (usize, usize),
    ) -> Result<(), Ended> {
        let fields = self.form.fields.iter().enumerate();
        for (place, field) in fields.filter(|(_, field)| field.list == list) {
            let (written, found) =
                (written_base + usize::from(field.slot), read_base + usize::from(field.slot));
            if let Some(inner) = field.is_list {
                self.list(read, inner, (written, found), place)?;
            } else if field.wire.is_some() {
                self.leaf(read, field, (written, found), place)?;
            }
        }
        Ok(())
    }

    fn leaf(
        &self,
        read: &Record,
        field: &FieldForm,
        (written, found): (usize, usize),
        place: usize,
    ) -> Result<(), Ended> {
        let tag = read.slot(found).tag;
        // What stands in a branch that was not taken was not written; what a file's writer computed is not in the record.
        if tag == Tag::Unread || (field.derived && !self.written.slot(written).is_present()) {
            return Ok(());
        }
        let sent = self.written.value(written).ok();
        let came = read.value(found).ok();
        if sent.as_ref().zip(came.as_ref()).is_some_and(|(sent, came)| same(sent, came)) {
            return Ok(());
        }
        let words = |value: Option<Value<'_>>| match value {
            _ if field.private => "***".to_owned(),
            Some(value) => told(&value, self.symbols),
            None => "what cannot be read".to_owned(),
        };
        Err(Ended::Broken(
            Some(place),
            format!("{} was {} and came back as {}", field.path, words(sent), words(came)),
        ))
    }

    fn list(
        &self,
        read: &Record,
        list: u16,
        (written, found): (usize, usize),
        place: usize,
    ) -> Result<(), Ended> {
        // Rows of a file go by one at a time.
        if self.form.lists.get(usize::from(list)).is_some_and(|list| list.of_line)
            && self.form.file.as_ref().is_some_and(|file| !file.pieces.is_empty())
        {
            return Ok(());
        }
        let Some(came) = read.rows(found) else { return Ok(()) };
        let sent = self.written.rows(written);
        let count = sent.map_or(0, |rows| rows.count);
        if count != came.count {
            let path = self.form.fields.get(place).map_or("", |field| &*field.path);
            return Err(Ended::Broken(
                Some(place),
                format!("{path} had {count} rows and came back with {}", came.count),
            ));
        }
        for row in 0..count {
            if let (Some(written), Some(found)) = (sent.and_then(|rows| rows.base(row)), came.base(row)) {
                self.rows(read, Some(list), (written, found))?;
            }
        }
        Ok(())
    }

    /// The value of a field at level 0.
    pub(super) fn told(&self, place: usize) -> String {
        let Some(field) = self.form.fields.get(place).filter(|field| field.level == 0) else {
            return String::new();
        };
        match self.written.value(usize::from(field.slot)) {
            _ if field.private => "***".to_owned(),
            Ok(value) => told(&value, self.symbols),
            Err(_) => "?".to_owned(),
        }
    }
}

fn same(sent: &Value<'_>, came: &Value<'_>) -> bool {
    match (sent, came) {
        (Value::Decimal(sent), Value::Decimal(came)) => sent == came,
        (Value::Number(sent), Value::Number(came)) => sent == came,
        // Tables of other codes say the same outcome with other reasons.
        (Value::Outcome(sent), Value::Outcome(came)) => {
            std::mem::discriminant(sent) == std::mem::discriminant(came)
        }
        _ => sent == came,
    }
}

/// Why a judgement is wrong that must hold; checks of the business, and what facts that nobody knows would say, need not.
pub(super) fn wrong_judgement(program: &Program, form: &MessageProgram, judged: &Judged) -> Option<String> {
    let wrong = judged.wrong?;
    if judged.what == Judgement::Check {
        return None;
    }
    if let FaultKind::Evaluate(_) = wrong {
        return None;
    }
    let random = match form.read.get(judged.op as usize) {
        Some(Read::Agree { expression, .. }) => chance(program, *expression),
        _ => false,
    };
    let expected =
        judged.expected.as_deref().map(|text| format!(", it should be {text}")).unwrap_or_default();
    let what = if judged.what == Judgement::Seal {
        "the seal that was made does not hold"
    } else {
        "it does not agree with what it is computed from"
    };
    (!random).then(|| format!("{what}{expected}"))
}

/// Whether a message's octets differ each time: signatures and ciphers of chance that draw by themselves.
pub(super) fn by_chance(program: &Program, form: &MessageProgram) -> bool {
    let signed = form.signatures.iter().any(|signature| match &signature.algorithm {
        CipherName::Fixed(name) => draws(name),
        CipherName::Setting(_) | CipherName::Member(_) => true,
    });
    let computed = form.write.iter().any(|write| match write {
        dsl::program::Write::Compute { expression, .. } => chance(program, *expression),
        _ => false,
    });
    let mapped = form.assignments.iter().any(|assignment| chance(program, assignment.source));
    signed || computed || mapped
}

fn draws(algorithm: &str) -> bool {
    algorithm.starts_with("ecdsa")
}

fn chance(program: &Program, expression: ExprId) -> bool {
    let expressions = &program.expressions;
    let range = expressions.ranges.get(expression as usize).copied().unwrap_or((0, 0));
    let code = expressions.code.get(range.0 as usize..range.1 as usize).unwrap_or_default();
    let signs = code.iter().any(|code| matches!(code, Code::Function(Function::Signature, _)));
    let drawing = code.iter().any(|code| match code {
        Code::Constant(constant) => {
            matches!(expressions.constants.get(*constant as usize), Some(Constant::Text(text)) if draws(text))
        }
        _ => false,
    });
    signs && drawing
}
