//! TS08xx: what a deployment would have to give.

use super::Page;
use crate::diagnostics::Code;

/// The pages.
pub const PAGES: &[Page] = &[
    Page {
        code: Code(801),
        title: "nobody uses a setting",
        text: "A deployment gives every setting a value. One that nothing reads is a question without a purpose, or a name that was mistyped elsewhere.",
        chinese: "参数未被使用。",
        bad: r#"setting bank_code  text 4 bytes

call ask {
  request "1001"
}
"#,
        good: r#"setting bank_code  text 4 bytes

call ask {
  request "1001" {
    bank  text 4 bytes  = setting.bank_code
  }
}
"#,
    },
    Page {
        code: Code(802),
        title: "nobody uses a key",
        text: "A key that nothing needs is only a risk: it has to be made, kept and renewed.",
        chinese: "密钥未被使用。",
        bad: r#"key mac  sm4 16 bytes

call ask {
  request "1001"
}
"#,
        good: r#"key mac  sm4 16 bytes

call ask {
  request "1001" {
    mac  text 32 bytes  = hex(mac(sm4_cbc, key.mac, raw(head)))
  }
}
"#,
    },
];
