//! TS09xx: lints: what compiles, and should be looked at.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(901),
        title: "a weak algorithm",
        text: "It is in the language because counterparties demand it. What it protects can be forged or read by a patient enemy, so the line shows it.",
        chinese: "算法强度不足。",
        bad: r#"call ask {
  request "1001" {
    sum  text 32 bytes  = hex(digest(md5, raw(head)))
  }
}
"#,
        good: r#"call ask {
  request "1001" {
    sum  text 64 bytes  = hex(digest(sm3, raw(head)))
  }
}
"#,
    },
    Page {
        code: Code(902),
        title: "nobody uses a layout",
        text: "A layout that no message uses sends nothing and is read by nobody.",
        chinese: "布局未被使用。",
        bad: r#"layout person {
  name  text 40 bytes  = "x"
}

call ask {
  request "1001"
}
"#,
        good: r#"layout person {
  name  text 40 bytes  = "x"
}

call ask {
  request "1001" {
    use person
  }
}
"#,
    },
];
