//! Inverses of the functions that have one.

use crate::model::{Expr, ExprKind, Function, Load};
use crate::value::Type;

/// Given that `expression` = `value`, where one reference that `is_unknown` stands in it once: what that reference is.
/// `None` where some function on the way has no inverse.
///
/// `base64 hex hex_upper from_base64 from_hex encrypt decrypt` have one; a text's case in hex is not kept (upper case
/// is written).
#[must_use]
pub fn inverse(expression: &Expr, is_unknown: &dyn Fn(&Load) -> bool, value: &Expr) -> Option<Expr> {
    let span = expression.span;
    let call = |function: Function, arguments: Vec<Expr>, ty: Type| Expr {
        kind: ExprKind::Function(function, arguments),
        ty,
        span,
    };
    match &expression.kind {
        ExprKind::Load(load) if is_unknown(load) => Some(value.clone()),
        ExprKind::Function(function, arguments) => {
            let (inner, back) = match (function, arguments.as_slice()) {
                (Function::Base64, [inner]) => (inner, Function::FromBase64),
                (Function::FromBase64, [inner]) => (inner, Function::Base64),
                (Function::Hex | Function::HexUpper, [inner]) => (inner, Function::FromHex),
                (Function::FromHex, [inner]) => (inner, Function::HexUpper),
                (Function::Encrypt | Function::Decrypt, [algorithm, key, inner, iv @ ..]) => {
                    let back =
                        if *function == Function::Encrypt { Function::Decrypt } else { Function::Encrypt };
                    let mut all = vec![algorithm.clone(), key.clone(), value.clone()];
                    all.extend(iv.iter().cloned());
                    return inverse(inner, is_unknown, &call(back, all, inner.ty.clone()));
                }
                _ => return None,
            };
            inverse(inner, is_unknown, &call(back, vec![value.clone()], inner.ty.clone()))
        }
        _ => None,
    }
}
