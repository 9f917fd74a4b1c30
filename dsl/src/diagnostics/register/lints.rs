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
    Page {
        code: Code(903),
        title: "a form makes no difference yet",
        text: "The form is part of the language and says what the party does. This build reads it and goes the stricter way: a reply without a seal is not believed.",
        chinese: "此写法尚不起作用，按更严格的方式处理。",
        bad: r#"call probe {
  request "0005"
  reply "0006" unsealed "the line test bears no seal"
}
"#,
        good: r#"call probe {
  request "0005"
  reply "0006"
}
"#,
    },
];
