use super::*;

fn entry(id: i64, word: &str, department: i64, priority: i64) -> Entry {
    Entry {
        id: KeywordId(id),
        word: word.to_owned(),
        folded: one_spaced(&fold(word)),
        lowered: one_spaced(&lower(word)),
        priority,
        department_id: (department > 0).then_some(DepartmentId(department)),
    }
}

fn matcher(entries: Vec<Entry>) -> Matcher {
    let state = State::new(entries, Snapshot::default()).unwrap_or_else(|e| panic!("{e}"));
    Matcher(Arc::new(RwLock::new(Arc::new(state))))
}

fn words(m: &Matcher, text: &str) -> Vec<(i64, bool)> {
    m.find(text).keywords.iter().map(|k| (k.id.0, k.exact)).collect()
}

#[test]
fn whole_words_match_and_parts_of_words_do_not() {
    let m = matcher(vec![entry(1, "mua", 1, 1)]);
    assert_eq!(words(&m, "Mình muốn MUA áo"), [(1, true)]);
    assert_eq!(words(&m, "mua"), [(1, true)]);
    assert_eq!(words(&m, "(mua),"), [(1, true)]);
    assert_eq!(words(&m, "muahang"), []);
    assert_eq!(words(&m, "đimua"), []);
    assert_eq!(words(&m, "mua2 3mua"), []);
    assert_eq!(words(&m, ""), []);
}

#[test]
fn marks_decide_whether_a_match_is_exact() {
    let m = matcher(vec![entry(1, "mua", 1, 1), entry(2, "bảo hành", 2, 1)]);
    // *mùa* folds to *mua*: a folded match of the whole word, and no exact one.
    assert_eq!(words(&m, "mùa hè"), [(1, false)]);
    assert_eq!(words(&m, "mùa này mua gì"), [(1, true)]);
    assert_eq!(words(&m, "bao hanh o dau"), [(2, false)]);
    assert_eq!(words(&m, "BẢO HÀNH ở đâu"), [(2, true)]);
    assert_eq!(words(&m, "ba\u{309}o ha\u{300}nh"), [(2, true)]);
}

#[test]
fn phrases_match_across_white_space_and_overlap() {
    let m = matcher(vec![entry(1, "mua hàng", 1, 3), entry(2, "hàng", 1, 1), entry(3, "hàng lỗi", 2, 3)]);
    assert_eq!(words(&m, "mua  \n hàng lỗi"), [(1, true), (2, true), (3, true)]);
    assert_eq!(words(&m, "muahàng"), []);
    assert_eq!(m.find("mua hàng mua hàng hàng").departments, [(DepartmentId(1), 4, 4)]);
}

#[test]
fn departments_are_ranked_by_priority_then_by_exactness_then_by_id() {
    let m = matcher(vec![
        entry(1, "giá", 3, 2),
        entry(2, "lỗi", 2, 2),
        entry(3, "shop", 1, 2),
        entry(4, "alo", 0, 9),
    ]);
    let of = |text: &str| m.find(text).departments.iter().map(|d| d.0.0).collect::<Vec<_>>();
    assert_eq!(of("gia shop loi"), [1, 2, 3]);
    assert_eq!(of("giá shop lỗi"), [1, 2, 3]);
    assert_eq!(of("gia lỗi"), [2, 3]);
    assert_eq!(of("giá loi"), [3, 2]);
    assert_eq!(of("alo"), [] as [i64; 0]);
}

#[test]
fn signs_emoji_and_scripts_without_spaces_can_be_keywords() {
    let m = matcher(vec![
        entry(1, "c++", 1, 1),
        entry(2, "🎁", 1, 1),
        entry(3, "注文", 1, 1),
        entry(4, "$", 1, 1),
    ]);
    assert_eq!(words(&m, "I write C++."), [(1, true)]);
    assert_eq!(words(&m, "quà🎁đâu"), [(2, true)]);
    assert_eq!(words(&m, "私の注文はどこ"), [(3, true)]);
    assert_eq!(words(&m, "5$"), [(4, true)]);
}

#[test]
fn an_empty_matcher_finds_nothing() {
    let m = Matcher::empty();
    assert_eq!(m.find("mua hàng"), Matches::default());
}

/// Ten thousand keywords find exactly what ten do, and what looking for each of them by hand finds.
#[test]
fn ten_thousand_keywords_find_what_each_alone_finds() {
    let syllables =
        ["mua", "bán", "giá", "lỗi", "đổi", "trả", "hàng", "ship", "bảo", "hành", "học", "phí", "tư", "vấn"];
    let word = |n: usize| {
        let parts = [n % 14, n / 14 % 14, n / 196 % 14, n / 2744 % 14];
        let long = parts[..1 + n % 4].iter().map(|p| syllables[*p]).collect::<Vec<_>>().join(" ");
        if n < 14 { syllables[n].to_owned() } else { format!("{long} {n}") }
    };
    let entries: Vec<Entry> =
        (0..10_000).map(|n| entry(n as i64 + 1, &word(n), n as i64 % 7 + 1, 1)).collect();
    let ten = matcher(entries[..10].to_vec());
    let all = matcher(entries.clone());
    let texts = [
        "Shop ơi mua hàng rồi đổi trả được không, hàng lỗi".to_owned(),
        "khong co gi o day".to_owned(),
        format!("{} và {}, còn {}?", word(4_321), word(9_999), word(77)),
        "mùa hành bao đôi tra".to_owned(),
    ];
    for text in &texts {
        let found = words(&all, text);
        let folded = format!(" {} ", one_spaced(&fold(text)).replace([',', '?'], " "));
        let folded = format!(" {} ", one_spaced(&folded));
        let by_hand: Vec<i64> =
            entries.iter().filter(|e| folded.contains(&format!(" {} ", e.folded))).map(|e| e.id.0).collect();
        assert_eq!(found.iter().map(|f| f.0).collect::<Vec<_>>(), by_hand, "{text}");
        let few: Vec<_> = found.into_iter().filter(|f| f.0 <= 10).collect();
        assert_eq!(words(&ten, text), few, "{text}");
    }
}
