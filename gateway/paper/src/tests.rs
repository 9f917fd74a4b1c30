//! Receipts as a reader of PDF sees them.

use super::*;
use serde_json::json;

fn made(request: &Value) -> Vec<u8> {
    receipt(request.to_string().as_bytes()).expect("a receipt")
}

/// How often a word stands in the octets.
fn times(octets: &[u8], word: &str) -> usize {
    octets.windows(word.len()).filter(|window| *window == word.as_bytes()).count()
}

#[test]
fn the_same_receipt_gives_the_same_octets_and_each_page_once() {
    let rows: Vec<Value> = (0..120)
        .map(|row| json!({ "账号": format!("62305800000000{row:05}"), "结果": "已冻结", "金额": "1.00" }))
        .collect();
    let request = json!({
        "title": "协助冻结财产回执", "number": "O-1", "lines": { "请求单位": "测试法院", "案号": "(2026)测执1号" },
        "text": "现将办理情况回复如下:", "rows": rows, "made": "2026-11-23 09:00:00", "seal": "测试银行业务专用章",
    });
    let octets = made(&request);
    assert_eq!(octets, made(&request));
    assert!(octets.starts_with(b"%PDF-1.7"));
    // 120 rows of one line take four pages, the head of the table stands on each, the stamp on the last alone.
    assert_eq!(times(&octets, "/Type /Page\n"), 4);
    let receipt: Receipt = serde_json::from_value(request).expect("a receipt");
    let pages = layout::pages(&receipt).expect("pages");
    let has = |page: &layout::Page, wanted: &str| {
        page.iter().any(|drawn| matches!(drawn, layout::Drawn::Text { text, .. } if text == wanted))
    };
    assert!(pages.iter().all(|page| has(page, "账号")));
    let stamped = |page: &layout::Page| page.iter().any(|drawn| matches!(drawn, layout::Drawn::Stamp { .. }));
    assert_eq!(pages.iter().map(stamped).collect::<Vec<_>>(), [false, false, false, true]);
}

#[test]
fn nothing_stands_beside_the_page() {
    let long = "长".repeat(CELL);
    let request = json!({
        "title": long, "number": "N".repeat(CELL), "lines": { "a": "B".repeat(CELL), "说明": long },
        "text": "很长的一段话 with words between ".repeat(100), "rows": [{ "一": long, "二": "x".repeat(CELL) }], "seal": long,
    });
    let receipt: Receipt = serde_json::from_value(request).expect("a receipt");
    for page in layout::pages(&receipt).expect("pages") {
        for drawn in page {
            if let layout::Drawn::Text { x, y, size, text, .. } = drawn
                && text != long
            {
                assert!(x >= 0.0 && x + face::width(&text, size) <= layout::WIDE, "{text}");
                assert!((0.0..layout::HIGH).contains(&y), "{text} at {y}");
            }
        }
    }
}

#[test]
fn what_is_no_receipt_or_too_long_is_refused() {
    let refused =
        |request: Value| receipt(request.to_string().as_bytes()).expect_err("no receipt").to_string();
    assert!(refused(json!({ "tilte": "x" })).contains("tilte"));
    assert!(refused(json!({ "lines": { "a": [1] } })).contains("`a` is neither"));
    assert!(refused(json!({ "rows": [{ "a": "1" }, { "b": "1" }] })).contains("`b` is neither"));
    assert!(refused(json!({ "text": "x".repeat(TEXT + 1) })).contains("at most 20000"));
    assert!(receipt(b"{").is_err());
}
