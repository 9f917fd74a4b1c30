//! W2d by hand: typed serde, JSON in, another JSON out.

use super::Pair;
use super::parse::{day, yuan};
use super::product::{Mapped, Product};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

const SAMPLE: &str = r#"{"orderNo":"P20261123000000012","custName":"欧阳若兰","province":"广东省","city":"东莞市","payAmt":"1256.70","feeAmt":"1.20","tradeDate":"20261123","remark":"十一月水费"}"#;
const EXPECTED: &str = r#"{"version":"1.0","order_id":"P20261123000000012","customer":"欧阳若兰","address":"广东省东莞市","amount":125670,"fee":120,"date":"20261123","remark":"十一月水费"}"#;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct In<'t> {
    #[serde(borrow)]
    order_no: Cow<'t, str>,
    #[serde(borrow)]
    cust_name: Cow<'t, str>,
    #[serde(borrow)]
    province: Cow<'t, str>,
    #[serde(borrow)]
    city: Cow<'t, str>,
    #[serde(borrow)]
    pay_amt: Cow<'t, str>,
    #[serde(borrow)]
    fee_amt: Cow<'t, str>,
    #[serde(borrow)]
    trade_date: Cow<'t, str>,
    #[serde(borrow)]
    remark: Cow<'t, str>,
}

#[derive(Serialize)]
struct Out<'t> {
    version: &'static str,
    order_id: &'t str,
    customer: &'t str,
    address: String,
    amount: u64,
    fee: u64,
    date: &'t str,
    remark: &'t str,
}

fn by_hand(content: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let read: In<'_> = serde_json::from_slice(content).ok()?;
    day(read.trade_date.as_bytes())?;
    let fits = |text: &str, most: usize| text.chars().count() <= most;
    let all = fits(&read.order_no, 32) && fits(&read.cust_name, 60) && fits(&read.province, 20);
    if !all || !fits(&read.city, 20) || !fits(&read.remark, 60) {
        return None;
    }
    let written = Out {
        version: "1.0",
        order_id: &read.order_no,
        customer: &read.cust_name,
        address: [&*read.province, &*read.city].concat(),
        amount: yuan(read.pay_amt.as_bytes())?,
        fee: yuan(read.fee_amt.as_bytes())?,
        date: &read.trade_date,
        remark: &read.remark,
    };
    serde_json::to_writer(out, &written).ok()
}

/// The mapping, twice.
pub(super) fn pair(product: &'static Product) -> Result<Pair, String> {
    let (from, to) = (product.message("order")?, product.message("order_on")?);
    let slots = product.ask(from);
    let frame = Bytes::from_static(SAMPLE.as_bytes());
    let mut out = Vec::new();
    by_hand(SAMPLE.as_bytes(), &mut out).ok_or("order: the floor cannot map the sample")?;
    let mut kept = Mapped::default();
    from.map(&to, slots, &frame, &mut kept).ok_or("order: the product cannot map the sample")?;
    let mapped = kept.octets().to_vec();
    for (who, octets) in [("the floor", &out), ("the product", &mapped)] {
        if octets != EXPECTED.as_bytes() {
            return Err(format!(
                "order: {who} writes\n  {}\ninstead of\n  {EXPECTED}",
                String::from_utf8_lossy(octets)
            ));
        }
    }
    Ok(Pair {
        id: "w2d",
        what: "W2d JSON to JSON",
        against: "typed serde",
        bounds: (1.6, 1.3),
        product: Box::new(move || {
            from.map(&to, slots, std::hint::black_box(&frame), &mut kept)?;
            std::hint::black_box(kept.octets());
            Some(())
        }),
        floor: Box::new(move || {
            out.clear();
            by_hand(std::hint::black_box(SAMPLE.as_bytes()), &mut out)?;
            std::hint::black_box(&out);
            Some(())
        }),
    })
}
