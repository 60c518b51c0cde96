//! Which column of a table is which field of a lead, by its header in English and Vietnamese. Pure.

use std::collections::{BTreeMap, BTreeSet};

use platform::fold::fold;

use crate::pipelines::Pipeline;

/// The fields that a column can be, with the headers that name them, folded. The first that fits takes the column.
const FIELDS: &[(&str, &[&str])] = &[
    ("first_name", &["first name", "firstname", "given name", "ten goi"]),
    ("middle_name", &["middle name", "middlename", "dem", "ten dem", "lot", "ten lot", "chu lot"]),
    (
        "last_name",
        &[
            "last name",
            "lastname",
            "surname",
            "family name",
            "ho",
            "ho dem",
            "ho va dem",
            "ho va ten dem",
            "ho lot",
            "ho va chu lot",
        ],
    ),
    (
        "name",
        &[
            "name",
            "full name",
            "fullname",
            "lead",
            "lead name",
            "contact",
            "contact name",
            "customer",
            "customer name",
            "parent",
            "parent name",
            "ten",
            "ho ten",
            "ho va ten",
            "khach hang",
            "ten khach hang",
            "ten khach",
            "phu huynh",
            "ten phu huynh",
        ],
    ),
    (
        "phone",
        &[
            "phone",
            "phone number",
            "telephone",
            "tel",
            "mobile",
            "mobile phone",
            "cell",
            "phone home",
            "phone 1",
            "phone 2",
            "phones",
            "other phone",
            "secondary phone",
            "dien thoai",
            "so dien thoai",
            "so dien thoai 1",
            "so dien thoai 2",
            "dien thoai 2",
            "sdt",
            "sdt 1",
            "sdt 2",
            "so dt",
            "dt",
            "di dong",
            "so di dong",
            "dtdd",
        ],
    ),
    (
        "email",
        &[
            "email",
            "e mail",
            "email address",
            "mail",
            "email 1",
            "email 2",
            "emails",
            "other email",
            "secondary email",
            "thu dien tu",
            "dia chi email",
        ],
    ),
    (
        "company",
        &["company", "organisation", "organization", "account", "employer", "cong ty", "to chuc", "don vi"],
    ),
    ("source", &["source", "lead source", "origin", "utm source", "nguon", "nguon khach", "kenh"]),
    ("status", &["status", "stage", "lead status", "trang thai", "giai doan", "tinh trang"]),
    ("disposition", &["disposition", "outcome", "result", "ket qua"]),
    (
        "owner",
        &[
            "owner",
            "assigned to",
            "agent",
            "counselor",
            "counsellor",
            "sales",
            "phu trach",
            "nguoi phu trach",
            "nhan vien",
            "tu van vien",
        ],
    ),
    ("value", &["value", "amount", "deal value", "lead value", "gia tri", "so tien", "doanh thu"]),
    ("priority", &["priority", "lead priority", "uu tien", "do uu tien", "muc uu tien", "muc do uu tien"]),
    ("tags", &["tags", "tag", "labels", "the", "nhan"]),
    (
        "notes",
        &["notes", "note", "comment", "comments", "remarks", "description", "ghi chu", "mo ta", "noi dung"],
    ),
    (
        "student_name",
        &[
            "student",
            "student name",
            "students",
            "child",
            "child name",
            "hoc sinh",
            "ten hoc sinh",
            "hoc vien",
            "ten con",
        ],
    ),
    ("student_grade", &["grade", "grade applying for", "class", "lop", "khoi", "lop dang ky"]),
    ("student_date_of_birth", &["dob", "date of birth", "birthday", "student dob", "ngay sinh"]),
    ("created_at", &["created", "created at", "created on", "date", "created date", "ngay tao", "ngay"]),
];

/// Every field that a column can be: the usual ones, then the pipeline's own as `custom.<key>`.
pub fn fields(pipeline: &Pipeline) -> Vec<(String, String)> {
    let usual = FIELDS.iter().map(|(key, names)| ((*key).to_owned(), names[0].to_owned()));
    let own = pipeline.fields.iter().filter(|f| f.is_active);
    usual.chain(own.map(|f| (format!("custom.{}", f.key), f.label.clone()))).collect()
}

/// Whether several columns may be the field; the first is the primary one.
pub fn may_repeat(field: &str) -> bool {
    matches!(field, "phone" | "email")
}

/// Whether the columns that are parts of a name say, by the language of their headers, that the surname comes first; `None`
/// where they tell nothing.
pub fn surname_first(headers: &[String], mapping: &BTreeMap<usize, String>) -> Option<bool> {
    let is_part = |field: &str| matches!(field, "name" | "first_name" | "middle_name" | "last_name");
    let headers = mapping.iter().filter(|(_, field)| is_part(field)).filter_map(|(n, _)| headers.get(*n));
    let plain: Vec<String> = headers.map(|h| words(h)).collect();
    let any = |known: &[&str]| plain.iter().any(|h| h.split(' ').any(|word| known.contains(&word)));
    if any(&["ho", "ten", "dem", "lot"]) {
        return Some(true);
    }
    let english = ["name", "first", "given", "middle", "last", "family", "surname", "firstname", "lastname"];
    any(&english).then_some(false)
}

/// The field of each column that can be guessed; none twice but those that [may repeat](may_repeat).
pub fn guess(headers: &[String], pipeline: &Pipeline) -> BTreeMap<usize, String> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut mapping = BTreeMap::new();
    let is_surname = |header: &String| {
        let plain = words(header);
        FIELDS.iter().any(|(key, names)| *key == "last_name" && names.contains(&plain.as_str()))
    };
    let has_surname = headers.iter().any(is_surname);
    for (column, header) in headers.iter().enumerate() {
        let plain = words(header);
        // Beside a surname, "name" is the rest of it.
        let given =
            (has_surname && matches!(plain.as_str(), "name" | "ten")).then(|| "first_name".to_owned());
        let own = pipeline.fields.iter().filter(|f| f.is_active);
        let own = own
            .filter(|f| words(&f.label) == plain || words(&f.key) == plain)
            .map(|f| format!("custom.{}", f.key));
        let usual =
            FIELDS.iter().filter(|(key, names)| words(key) == plain || names.contains(&plain.as_str()));
        let usual = usual.map(|(key, _)| (*key).to_owned());
        let is_free = |field: &String| may_repeat(field) || !taken.contains(field);
        let found = given.into_iter().chain(usual).chain(own).find(is_free);
        if let Some(field) = found {
            taken.insert(field.clone());
            mapping.insert(column, field);
        }
    }
    mapping
}

/// Folded, with one space for whatever is no letter and no digit.
fn words(text: &str) -> String {
    let folded = fold(text);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        PipelineId,
        pipelines::{Field, FieldKind},
    };

    fn pipeline() -> Pipeline {
        Pipeline {
            id: PipelineId(1),
            key: "p".into(),
            name: "P".into(),
            is_default: true,
            is_active: true,
            currency: "VND".into(),
            has_students: true,
            dispositions: Vec::new(),
            checklist: Vec::new(),
            lost_reasons: Vec::new(),
            business_hours_id: None,
            schedule: None,
            stages: Vec::new(),
            fields: vec![Field {
                id: 1,
                key: "entry_year".into(),
                label: "Năm học".into(),
                kind: FieldKind::Text,
                options: Vec::new(),
                is_required: false,
                is_filterable: false,
                position: 0,
                is_active: true,
            }],
            version: 1,
        }
    }

    fn guessed(headers: &[&str]) -> Vec<String> {
        let headers: Vec<String> = headers.iter().map(|h| (*h).to_owned()).collect();
        let mapping = guess(&headers, &pipeline());
        (0..headers.len()).map(|n| mapping.get(&n).cloned().unwrap_or_default()).collect()
    }

    #[test]
    fn english_and_vietnamese_headers_are_known() {
        assert_eq!(
            guessed(&["Full Name", "E-mail", "Phone number", "Lead Source"]),
            ["name", "email", "phone", "source"]
        );
        assert_eq!(
            guessed(&["Họ và tên", "Số điện thoại", "Nguồn", "Ghi chú", "Năm học", "Lớp"]),
            ["name", "phone", "source", "notes", "custom.entry_year", "student_grade"]
        );
        assert_eq!(
            guessed(&["Ưu tiên", "Students", "name", "Name"]),
            ["priority", "student_name", "name", ""]
        );
    }

    #[test]
    fn several_columns_may_be_addresses_and_no_others() {
        assert_eq!(guessed(&["SĐT", "phone_home", "xyz"]), ["phone", "phone", ""]);
        assert_eq!(guessed(&["Email", "emails", "Nguồn", "kênh"]), ["email", "email", "source", ""]);
    }

    #[test]
    fn beside_a_surname_a_name_is_the_first_name() {
        assert_eq!(guessed(&["Họ", "Tên"]), ["last_name", "first_name"]);
        assert_eq!(guessed(&["Tên", "Họ đệm", "SĐT"]), ["first_name", "last_name", "phone"]);
        assert_eq!(guessed(&["Họ", "Tên đệm", "Tên"]), ["last_name", "middle_name", "first_name"]);
        assert_eq!(guessed(&["Name", "Surname"]), ["first_name", "last_name"]);
        assert_eq!(guessed(&["Họ", "Tên", "Họ và tên"]), ["last_name", "first_name", "name"]);
        assert_eq!(guessed(&["First name", "Last name", "Name"]), ["first_name", "last_name", "name"]);
        assert_eq!(guessed(&["Tên", "SĐT"]), ["name", "phone"]);
    }

    #[test]
    fn the_language_of_the_headers_says_what_comes_first() {
        let says = |headers: &[&str], fields: &[&str]| {
            let headers: Vec<String> = headers.iter().map(|h| (*h).to_owned()).collect();
            let mapping = fields.iter().enumerate().map(|(n, f)| (n, (*f).to_owned())).collect();
            surname_first(&headers, &mapping)
        };
        assert_eq!(says(&["HỌ", "Tên"], &["last_name", "first_name"]), Some(true));
        assert_eq!(says(&["Tên khách", "Họ (đệm)"], &["name", "last_name"]), Some(true));
        assert_eq!(says(&["First name", "Last name"], &["first_name", "last_name"]), Some(false));
        assert_eq!(says(&["A", "B", "Tên con"], &["first_name", "last_name", "student_name"]), None);
    }
}
