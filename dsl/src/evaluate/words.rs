//! Amounts in words, as vouchers have them (中国人民银行《支付结算办法》附件《正确填写票据和结算凭证的基本规定》).
//!
//! In: an amount. Out: 人民币壹仟贰佰叁拾肆元伍角整. Of the two ways that the rules allow for a zero this writes the one behind 万 and
//! leaves the one behind 元 out; 整 stands behind 元 and behind 角.

use super::Fault;
use super::number::fen;

use crate::value::Decimal;

const FIGURES: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
const UNITS: [&str; 4] = ["", "拾", "佰", "仟"];

/// An amount in words.
///
/// # Errors
/// [`Fault::Overflow`] where it is negative; as [`fen`].
pub(super) fn in_words(amount: Decimal) -> Result<String, Fault> {
    let fen = u128::try_from(fen(amount)?).map_err(|_| Fault::Overflow)?;
    let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut out = String::from("人民币");
    if yuan > 0 {
        out.push_str(&whole(yuan));
        out.push('元');
    }
    match (yuan, jiao, fen) {
        (0, 0, 0) => out.push_str("零元整"),
        (_, 0, 0) => out.push('整'),
        (0, 0, _) => {}
        (_, 0, _) => out.push('零'),
        _ => {
            out.push_str(figure(jiao));
            out.push_str(if fen == 0 { "角整" } else { "角" });
        }
    }
    if fen > 0 {
        out.push_str(figure(fen));
        out.push('分');
    }
    Ok(out)
}

fn figure(of: u128) -> &'static str {
    usize::try_from(of).ok().and_then(|of| FIGURES.get(of)).copied().unwrap_or_default()
}

/// A whole number above zero: four places to a group, zeros between figures once.
fn whole(number: u128) -> String {
    let figures = number.to_string();
    let (mut out, mut zero, mut group) = (String::new(), false, false);
    for (place, figure) in (0..figures.len()).rev().zip(figures.bytes()) {
        let figure = u128::from(figure - b'0');
        if figure == 0 {
            zero = true;
        } else {
            if std::mem::take(&mut zero) {
                out.push('零');
            }
            out.push_str(self::figure(figure));
            out.push_str(UNITS.get(place % 4).copied().unwrap_or_default());
            group = true;
        }
        if place % 8 == 4 && group {
            out.push('万');
        }
        if place % 8 == 0 && place > 0 {
            out.push('亿');
        }
        group &= place % 4 != 0;
    }
    out
}

#[cfg(test)]
mod tests {

    use super::in_words;

    #[test]
    fn amounts_are_written_as_the_rules_show() {
        // The examples of the rules; where they allow two ways, ours is one of them, and 整 may follow 角.
        for (amount, words) in [
            ("1409.50", "人民币壹仟肆佰零玖元伍角整"),
            ("6007.14", "人民币陆仟零柒元壹角肆分"),
            ("1680.32", "人民币壹仟陆佰捌拾元叁角贰分"),
            ("107000.53", "人民币壹拾万零柒仟元伍角叁分"),
            ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
            ("325.04", "人民币叁佰贰拾伍元零肆分"),
        ] {
            assert_eq!(in_words(amount.parse().unwrap()).unwrap(), words, "{amount}");
        }
    }

    #[test]
    fn zeros_and_large_numbers() {
        for (amount, words) in [
            ("1234.50", "人民币壹仟贰佰叁拾肆元伍角整"),
            ("0.00", "人民币零元整"),
            ("0.05", "人民币伍分"),
            ("0.50", "人民币伍角整"),
            ("10.00", "人民币壹拾元整"),
            ("10000.00", "人民币壹万元整"),
            ("100010.01", "人民币壹拾万零壹拾元零壹分"),
            ("100000000.00", "人民币壹亿元整"),
            ("1000100000.00", "人民币壹拾亿零壹拾万元整"),
            ("1234567890123.45", "人民币壹万贰仟叁佰肆拾伍亿陆仟柒佰捌拾玖万零壹佰贰拾叁元肆角伍分"),
        ] {
            assert_eq!(in_words(amount.parse().unwrap()).unwrap(), words, "{amount}");
        }
        assert!(in_words("-1.00".parse().unwrap()).is_err());
    }
}
