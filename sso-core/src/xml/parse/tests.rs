//! What is read, and what is refused.

use crate::xml::{Comments, Document, Element, Limits, XmlError};

/// The code of the error, or `ok`.
fn code(xml: impl AsRef<[u8]>) -> &'static str {
    code_within(xml, &Limits::message())
}

fn code_within(xml: impl AsRef<[u8]>, limits: &Limits) -> &'static str {
    Document::parse(xml.as_ref(), limits).map_or_else(|error| error.code(), |_| "ok")
}

/// The text of the root element.
fn text(xml: &str) -> String {
    let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
    document.root().text().unwrap().to_owned()
}

/// The value of the attribute `v` of the root element.
fn value(xml: &str) -> String {
    let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
    document.root().attribute("v").unwrap().to_owned()
}

#[test]
fn the_declaration_may_only_say_xml_1_0_in_utf_8() {
    for declaration in [
        "",
        "\u{FEFF}",
        "<?xml version=\"1.0\"?>",
        "<?xml version='1.0' encoding='utf-8' ?>\r\n",
        "\u{FEFF}<?xml\tversion = \"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
        "<?xml version=\"1.0\" standalone='no'?>",
    ] {
        assert_eq!(code(format!("{declaration}<a/>")), "ok", "{declaration}");
    }
    for declaration in [
        "<?xml version=\"1.1\"?>",
        "<?xml encoding=\"UTF-8\"?>",
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>",
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>",
        "<?xml version=\"1.0\" encoding=\"EUC-JP\"?>",
        "<?xml version=\"1.0\" encoding=\"\"?>",
    ] {
        assert_eq!(
            code(format!("{declaration}<a/>")),
            "xml.encoding",
            "{declaration}"
        );
    }
    for declaration in [
        "<?xml version=\"1.0\"encoding=\"UTF-8\"?>",
        "<?xml version=\"1.0\" standalone=\"maybe\"?>",
        "<?xml version=\"1.0\" standalone=\"yes\" encoding=\"UTF-8\"?>",
        "<?xml version=\"1.0\" what=\"this\"?>",
        "<?xml version=\"1.0",
        "<?xml version=1.0?>",
        "<?xml version=\"1.0\">",
    ] {
        assert_eq!(
            code(format!("{declaration}<a/>")),
            "xml.not_well_formed",
            "{declaration}"
        );
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    for bytes in [
        b"<a>\xC0\x80</a>".as_slice(), // An overlong NUL.
        b"<a>\xED\xA0\x80</a>",        // A lone surrogate.
        b"<a>\xF4\x90\x80\x80</a>",    // Beyond U+10FFFF.
        b"<a>\xE9</a>",                // ISO 8859-1.
        b"\xFF\xFE<\0a\0/\0>\0",       // UTF-16 with byte order mark.
        b"\xFE\xFF\0<\0a\0/\0>",
    ] {
        assert_eq!(code(bytes), "xml.encoding", "{bytes:?}");
    }
    assert_eq!(code(b"<\0a\0/\0>\0"), "xml.not_well_formed");
}

#[test]
fn characters_that_xml_cannot_hold_are_refused_however_they_are_written() {
    for xml in [
        "<a>\0</a>",
        "<a>\u{1}</a>",
        "<a>\u{FFFE}</a>",
        "<a b='\u{B}'/>",
        "<a>&#0;</a>",
        "<a>&#x1F;</a>",
        "<a>&#xD800;</a>",
        "<a>&#xFFFF;</a>",
        "<a>&#x110000;</a>",
        "<a b='&#8;'/>",
        "<a>&#99999999999;</a>",
        "<a>&#xFFFFFFFFFFFFFFFFF;</a>",
        "<a>&#;</a>",
        "<a>&#x;</a>",
        "<a>&#+65;</a>",
        "<a>&#x-1;</a>",
        "<a>&#6a;</a>",
    ] {
        assert_eq!(code(xml), "xml.not_well_formed", "{xml:?}");
    }
    assert_eq!(
        text("<a>&#65;&#x42;&#x00043;&#9;&#x10FFFF;</a>"),
        "ABC\t\u{10FFFF}"
    );
}

#[test]
fn a_document_type_is_refused_wherever_it_stands() {
    for xml in [
        "<!DOCTYPE a><a/>",
        "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "<!DOCTYPE response SYSTEM 'x\"><!--'><a/>",
        "<a><!DOCTYPE a></a>",
        "<a/><!DOCTYPE a>",
    ] {
        assert_eq!(code(xml), "xml.doctype", "{xml}");
    }
    assert_eq!(code("<!doctype a><a/>"), "xml.not_well_formed");
    assert_eq!(code("<a><!ENTITY x 'y'></a>"), "xml.not_well_formed");
}

#[test]
fn an_instruction_is_refused_wherever_it_stands() {
    for xml in [
        "<?xml-stylesheet href='x'?><a/>",
        "<?p?><a/>",
        " <?xml version='1.0'?><a/>",
        "<a><?p not-an-?>admin</a>",
        "<a/><?p?>",
    ] {
        assert_eq!(code(xml), "xml.pi", "{xml}");
    }
}

#[test]
fn only_the_five_predefined_entities_exist() {
    assert_eq!(text("<a>&amp;&lt;&gt;&quot;&apos;</a>"), "&<>\"'");
    assert_eq!(value("<a v='&amp;&lt;&gt;&quot;&apos;'/>"), "&<>\"'");
    for xml in [
        "<a>&nbsp;</a>",
        "<a>&x;</a>",
        "<a>&amp</a>",
        "<a>&;</a>",
        "<a>& </a>",
        "<a v='&x;'/>",
        "<a>&AMP;</a>",
    ] {
        assert_eq!(code(xml), "xml.not_well_formed", "{xml}");
    }
}

#[test]
fn comments_are_refused_in_messages() {
    for xml in [
        "<!--c--><a/>",
        "<a><!--c--></a>",
        "<a>admin<!---->.evil</a>",
        "<a/><!--c-->",
    ] {
        assert_eq!(code(xml), "xml.comment", "{xml}");
    }
}

#[test]
fn comments_in_metadata_leave_one_text_without_them() {
    let limits = Limits {
        comments: Comments::Drop,
        ..Limits::message()
    };
    let xml = "<!--a-->\n<a>admin<!--b-->.evil<!----></a><!-- c -->";
    let document = Document::parse(xml.as_bytes(), &limits).unwrap();
    assert_eq!(document.root().text().unwrap(), "admin.evil");
    for xml in [
        "<a><!-- -- --></a>",
        "<a><!-- --->",
        "<a><!--></a>",
        "<a><!--</a>",
        "<!--a--><!--b",
    ] {
        assert_eq!(code_within(xml, &limits), "xml.not_well_formed", "{xml}");
    }
}

#[test]
fn character_data_sections_are_text_and_never_markup() {
    assert_eq!(text("<a>ad<![CDATA[min]]>!</a>"), "admin!");
    assert_eq!(
        text("<a><![CDATA[<b>&amp;</b>]]]]><![CDATA[>]]></a>"),
        "<b>&amp;</b>]]>"
    );
    assert_eq!(text("<a><![CDATA[\r\n\r]]></a>"), "\n\n");
    assert_eq!(text("<a><![CDATA[]]></a>"), "");
    for xml in [
        "<a><![CDATA[</a>",
        "<![CDATA[a]]><a/>",
        "<a/><![CDATA[]]>",
        "<a><![cdata[]]></a>",
    ] {
        assert_eq!(code(xml), "xml.not_well_formed", "{xml}");
    }
}

#[test]
fn line_ends_in_text_become_newlines_unless_they_are_references() {
    assert_eq!(
        text("<a>1\r\n2\r3\n4\r\r\n5&#13;&#xD;&#10;</a>"),
        "1\n2\n3\n4\n\n5\r\r\n"
    );
    assert_eq!(text("<a>\u{85}\u{2028}</a>"), "\u{85}\u{2028}");
}

#[test]
fn white_space_in_attributes_becomes_spaces_unless_it_is_a_reference() {
    assert_eq!(value("<a v=' 1\t2\n3\r\n4\r5  '/>"), " 1 2 3 4 5  ");
    assert_eq!(value("<a v='&#9;&#10;&#13;&#32;'/>"), "\t\n\r ");
    assert_eq!(value("<a v=\"it's\"/>"), "it's");
    assert_eq!(value("<a v='\"'/>"), "\"");
    assert_eq!(value("<a v=''/>"), "");
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for xml in [
        "",
        " ",
        "a",
        "<",
        "<a",
        "<a ",
        "<a>",
        "<a></b>",
        "<a></a",
        "<a></ab>",
        "<ab></a>",
        "</a>",
        "<a/",
        "<a/ >",
        "< a/>",
        "<a><b></a></b>",
        "<a b/>",
        "<a b=/>",
        "<a b=c/>",
        "<a b='c/>",
        "<a b='<'/>",
        "<a b='1'c='2'/>",
        "<a b='1' b='2'/>",
        "<a>]]></a>",
        "<a/>junk",
        "<a/><b/>",
        "<a/>\0",
        "junk<a/>",
        "<a/></a>",
        "<9/>",
        "<-a/>",
        "<a 9='1'/>",
        "<a&amp;/>",
        "<a \u{A0}b='1'/>",
        "<a:/>",
        "<:a/>",
        "<x::y/>",
        "<a :='v'/>",
        "<a ::b='v'/>",
        "<p:a:b xmlns:p='urn:p'/>",
        "<a></a:>",
        "<a></ a>",
        "<a>&#10;</a>&#10;",
        "<\u{D7}/>",
        "<a\u{37E}/>",
        "<a><</a>",
        "<a/>\u{FEFF}",
        "\u{FEFF}\u{FEFF}<a/>",
        "<a xmlns='urn:a' xmlns='urn:a'/>",
        "<a xmlns:p='urn:a' xmlns:p='urn:b'/>",
    ] {
        assert_eq!(code(xml), "xml.not_well_formed", "{xml:?}");
    }
    for xml in [
        "<a/>",
        " <a/>\r\n",
        "<a\n/>",
        "<a></a\t>",
        "<a b = '1'\r\nc=\"2\" />",
        "<é_-.9/>",
        "<a>]]</a>",
        "<a>]>]</a>",
    ] {
        assert_eq!(code(xml), "ok", "{xml:?}");
    }
}

#[test]
fn namespaces_follow_the_recommendation_and_are_absolute() {
    for xml in [
        "<p:a/>",
        "<a p:b='1'/>",
        "<a xmlns:p=''/>",
        "<a xmlns:p='1'/>",
        "<a xmlns='x/y'/>",
        "<a xmlns:xml='urn:a'/>",
        "<a xmlns:xmlns='urn:a'/>",
        "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
        "<a xml:xmlns='#other'/>",
        "<a xmlns:p='urn:p' p:xmlns='urn:q'/>",
        "<xmlns:a/>",
        "<a><b xmlns:p='urn:p'/><p:c/></a>",
        "<a xmlns:p='urn:oasis:names:tc:SAML:2.0:assertion '/>",
    ] {
        assert_eq!(code(xml), "xml.namespace", "{xml}");
    }
    let twice = "<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xmlns:xml='http://www.w3.org/XML/1998/namespace'/>";
    assert_eq!(code(twice), "xml.not_well_formed");
    // The same name by two prefixes is the same name.
    assert_eq!(
        code("<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='1' q:b='2'/>"),
        "xml.not_well_formed"
    );
    for xml in [
        "<p:a p:b='1' b='2' xmlns:p='urn:p'/>",
        "<a xmlns='urn:a'><b xmlns=''/></a>",
        "<a xml:lang='en' xml:space='preserve'/>",
        "<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='en'/>",
        "<a xmlns='urn:x' xmlns:p='urn:x' p:b='1' b='2'/>",
    ] {
        assert_eq!(code(xml), "ok", "{xml}");
    }
}

#[test]
fn a_prefix_means_what_its_nearest_declaration_says() {
    let xml = "<p:a xmlns:p='urn:1' xmlns='urn:d'><p:b xmlns:p='urn:2' p:v='2'><c xmlns=''/></p:b><p:d v='0'/></p:a>";
    let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
    let names: Vec<_> = document
        .root()
        .descendants()
        .map(|it| (it.namespace(), it.local_name()))
        .collect();
    assert_eq!(names, [("urn:2", "b"), ("", "c"), ("urn:1", "d")]);
    let b = document.root().children().next().unwrap();
    assert_eq!(b.attribute_ns("urn:2", "v"), Some("2"));
    assert_eq!(b.attribute("v"), None);
    let c = b.children().next().unwrap();
    assert_eq!(c.namespace_of_prefix("p"), Some("urn:2"));
    assert_eq!(c.namespace_of_prefix(""), None);
    assert_eq!(
        c.parent().and_then(|it| it.namespace_of_prefix("")),
        Some("urn:d")
    );
    assert_eq!(c.namespace_of_prefix("q"), None);
    assert_eq!(
        c.namespace_of_prefix("xml"),
        Some("http://www.w3.org/XML/1998/namespace")
    );
}

#[test]
fn identifiers_are_unique_over_all_attributes_that_anyone_takes_for_one() {
    for name in [
        "ID",
        "Id",
        "id",
        "iD",
        "xml:id",
        "w:Id",
        "AssertionID",
        "RequestID",
        "ResponseID",
        "w:ID",
    ] {
        let xml = format!("<a xmlns:w='urn:w' ID='x'><b {name}='x'/></a>");
        assert_eq!(code(&xml), "xml.duplicate_id", "{xml}");
        let xml = format!("<a xmlns:w='urn:w' ID='x'><b {name}='y'/></a>");
        assert_eq!(code(&xml), "ok", "{xml}");
    }
    // One element, two identifiers: which is it?
    assert_eq!(
        code("<a xmlns:w='urn:w' ID='attack' w:ID='real'/>"),
        "xml.duplicate_id"
    );
    assert_eq!(
        code("<a Identity='x'><b Identity='x' InResponseTo='x'/></a>"),
        "ok"
    );
}

#[test]
fn declared_identifiers_are_names_of_bounded_length() {
    for id in [
        "a'b",
        "",
        " a",
        "a ",
        "1a",
        "a:b",
        "'] | //*['",
        "a&#10;b",
        "a/b",
        &"a".repeat(257),
    ] {
        for name in ["ID", "Id", "xml:id"] {
            assert_eq!(
                code(format!("<a {name}=\"{id}\"/>")),
                "xml.bad_id",
                "{name}={id}"
            );
        }
    }
    for id in ["_", "a", "_1-2.3", "é", &"a".repeat(256)] {
        assert_eq!(code(format!("<a ID='{id}'/>")), "ok", "{id}");
    }
    // Strangers number their elements, which harms nobody.
    assert_eq!(code("<a id='1'><b id='http://b'/></a>"), "ok");
    assert_eq!(code(format!("<a id='{}'/>", "a".repeat(257))), "xml.bad_id");
}

#[test]
fn every_size_has_a_limit() {
    let limits = Limits::message();
    let filled = |bytes: usize| format!("<a>{}</a>", "x".repeat(bytes - 7));
    assert_eq!(code(filled(limits.max_bytes)), "ok");
    assert_eq!(code(filled(limits.max_bytes + 1)), "xml.too_large");

    let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    assert_eq!(code(nested(limits.max_depth)), "ok");
    assert_eq!(code(nested(limits.max_depth + 1)), "xml.too_deep");
    assert_eq!(code(nested(20_000)), "xml.too_deep");

    let nodes = |nodes: usize| format!("<a>{}</a>", "<b/>".repeat(nodes - 1));
    assert_eq!(code(nodes(limits.max_nodes)), "ok");
    assert_eq!(code(nodes(limits.max_nodes + 1)), "xml.too_many_nodes");

    let attributes = |count: usize| {
        format!(
            "<a {}/>",
            (0..count)
                .map(|it| format!("a{it}='' "))
                .collect::<String>()
        )
    };
    assert_eq!(code(attributes(limits.max_attributes)), "ok");
    assert_eq!(
        code(attributes(limits.max_attributes + 1)),
        "xml.too_many_attributes"
    );

    let declarations = |count: usize| {
        (0..count)
            .map(|it| format!("xmlns:p{it}='urn:p' "))
            .collect::<String>()
    };
    assert_eq!(
        code(format!("<a {}/>", declarations(65))),
        "xml.too_many_attributes"
    );
    let (half, half_and_one) = (declarations(64), "xmlns:q='urn:q'");
    assert_eq!(code(format!("<a {half}><b {half}/><b {half}/></a>")), "ok");
    assert_eq!(
        code(format!("<a {half}><b {half}><c {half_and_one}/></b></a>")),
        "xml.too_many_namespaces"
    );

    let name = |bytes: usize| format!("<{}/>", "n".repeat(bytes));
    assert_eq!(code(name(limits.max_name)), "ok");
    assert_eq!(code(name(limits.max_name + 1)), "xml.too_long_name");
}

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
