//! Messages that want more of us than a sign-in is worth.

use crate::desk::Desk;

#[test]
fn dos_09_whatever_is_missing_is_missed() {
    let desk = Desk::new();
    let samlp = r#"xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol""#;
    let noon = "2027-01-15T12:00:00Z";
    for (xml, code) in [
        (String::new(), "xml.not_well_formed"),
        ("x".to_owned(), "xml.not_well_formed"),
        ("<x/>".to_owned(), "xml.root"),
        (format!("<samlp:Response {samlp}/>"), "time.format"),
        (
            format!(r#"<samlp:Response {samlp} IssueInstant="{noon}"/>"#),
            "status.missing",
        ),
    ] {
        desk.refuses_xml(&xml, code);
    }
}
