//! Where something stands, and what the tree tells.

use super::*;

#[test]
fn errors_say_where_and_quote_little() {
    let error = |xml: &str| {
        Document::parse(xml.as_bytes(), &Limits::message())
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(error("<a><b></a></b>"), @"not well-formed at byte 8: not the end tag of the open element");
    insta::assert_snapshot!(error("<a><p:b/></a>"), @r#"namespaces at byte 3: the prefix is not declared: "p""#);
    insta::assert_snapshot!(error("<a ID='_1'><b Id='_1'/></a>"), @r#"the identifier "_1" is not unique, or its element has another one too"#);
    insta::assert_snapshot!(error("<a ID='&#10;[31mx'/>"), @r#"the identifier "\n[31mx" at byte 0 is not a name of at most 256 bytes"#);
    assert!(
        error(&format!("<a ID='{}'/>", "é".repeat(9_999)))
            .chars()
            .count()
            < 300
    );
}

#[test]
fn a_place_is_where_the_text_has_the_element() {
    let xml = "\u{FEFF}<?xml version='1.0'?><a>é<b x='1'>t</b ><c/></a>\n";
    let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
    let piece = |element: Element<'_>| {
        let place = element.place();
        (
            &xml[place.start as usize..place.end as usize],
            &xml[place.content as usize..place.end as usize],
        )
    };
    let mut children = document.root().children();
    assert_eq!(piece(document.root()).0, "<a>é<b x='1'>t</b ><c/></a>");
    assert_eq!(
        piece(children.next().unwrap()),
        ("<b x='1'>t</b >", "t</b >")
    );
    assert_eq!(piece(children.next().unwrap()), ("<c/>", ""));
}

#[test]
fn reading_the_tree_finds_what_is_there_and_no_more() {
    let xml = "<a xmlns='urn:a'>1<b>2</b><c/><b><d>3</d></b> </a>";
    let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
    let root = document.root();
    assert_eq!(
        root.children()
            .map(|it| it.local_name())
            .collect::<Vec<_>>(),
        ["b", "c", "b"]
    );
    assert_eq!(root.children_named("urn:a", "b").count(), 2);
    assert_eq!(root.children_named("", "b").count(), 0);
    assert_eq!(root.only_child("urn:a", "d").unwrap(), None);
    let c = root.only_child("urn:a", "c").unwrap().unwrap();
    assert_eq!(
        (c.text().unwrap(), c.parent(), c.children().count()),
        ("", Some(root), 0)
    );
    let repeated = root.only_child("urn:a", "b").unwrap_err();
    assert_eq!(
        repeated,
        XmlError::Repeated {
            name: "b".into(),
            parent: "a".into()
        }
    );
    assert_eq!(root.text().unwrap_err().code(), "xml.not_text");
    assert_eq!(root.children().next().unwrap().text().unwrap(), "2");
    assert_eq!(root.descendants().count(), 4);
    assert_ne!(root.children().next(), root.children().nth(2));
    insta::assert_snapshot!(format!("{document:?}"), @"Document { root: Element({urn:a}a), nodes: 9, .. }");
}
