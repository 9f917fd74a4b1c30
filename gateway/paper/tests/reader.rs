//! Receipts as another program reads them: poppler's `pdftotext`, with the character collections of `poppler-data`.

#![expect(clippy::expect_used, reason = "a test that fails says so")]

use serde_json::json;
use std::io::Write;
use std::process::{Command, Stdio};

fn read(octets: &[u8]) -> String {
    let mut command = Command::new("pdftotext");
    command.args(["-layout", "-", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("pdftotext: install poppler-utils and poppler-data");
    child.stdin.take().expect("a pipe").write_all(octets).expect("input");
    let output = child.wait_with_output().expect("an end");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_reader_finds_every_word_in_its_order() {
    let request = json!({
        "title": "协助冻结财产回执", "number": "20260901-1",
        "lines": { "请求单位": "测试市公安局", "账号": "6230580000000000101", "金额": "1000.00" },
        "text": "贵单位上述请求已办理。\nSecond paragraph.",
        "rows": [{ "账号": "6230580000000000102", "结果": "未办理", "说明": "余额不足" }],
        "made": "2026-11-23 09:00:00",
    });
    let octets = paper::receipt(request.to_string().as_bytes()).expect("a receipt");
    let text = read(&octets);
    let words = [
        "协助冻结财产回执",
        "编号: 20260901-1",
        "请求单位",
        "测试市公安局",
        "6230580000000000101",
        "1000.00",
        "贵单位上述请求已办理。",
        "Second paragraph.",
        "6230580000000000102",
        "未办理",
        "余额不足",
        "2026-11-23 09:00:00",
        "第 1 页",
        "共 1 页",
    ];
    let mut from = 0;
    for word in words {
        let at = text.get(from..).and_then(|rest| rest.find(word));
        from += at.unwrap_or_else(|| panic!("`{word}` does not come next in:\n{text}")) + word.len();
    }
}
