//! The target of this name.

use crate::corpus::Exchange;

/// Whatever is made of a response: it says what the provider signed, or it is refused.
///
/// # Panics
///
/// If somebody signs in as anybody else.
pub fn response(data: &[u8]) {
    let all = Exchange::all();
    let answers = |it: &&Exchange| contains(data, it.request_id());
    let asked = all.iter().find(answers).or_else(|| all.first());
    let exchange = asked.expect("the corpus is not empty");
    if let Ok(assertion) = exchange.verify(data) {
        let signed = exchange.verify(exchange.response());
        let signed = signed.expect("what the provider sent is accepted");
        let text = String::from_utf8_lossy(data);
        assert_eq!(format!("{assertion:#?}"), format!("{signed:#?}"), "{text}");
    }
}

fn contains(data: &[u8], text: &str) -> bool {
    let text = text.as_bytes();
    data.windows(text.len()).any(|it| it == text)
}
