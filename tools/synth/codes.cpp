#include "codes.hpp"

namespace etl::synth {

namespace {

using namespace code_system;

constexpr Code milligrams_per_decilitre{ucum, "mg/dL", "mg/dL"};
constexpr Code millimoles_per_litre{ucum, "mmol/L", "mmol/L"};

constexpr Measure laboratory_table[] = {
    {{loinc, "2339-0", "Glucose [Mass/volume] in Blood"}, milligrams_per_decilitre, 6000, 19000, 2},
    {{loinc, "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"}, {ucum, "%", "%"}, 40, 110, 1},
    {{loinc, "2857-1", "Prostate specific Ag [Mass/volume] in Serum or Plasma"},
     {ucum, "ng/mL", "ng/mL"},
     10,
     99990,
     4},
    {{loinc, "718-7", "Hemoglobin [Mass/volume] in Blood"}, {ucum, "g/dL", "g/dL"}, 90, 180, 1},
    {{loinc, "6690-2", "Leukocytes [#/volume] in Blood by Automated count"},
     {ucum, "10*3/uL", "10*3/uL"},
     30000,
     110000,
     4},
    {{loinc, "777-3", "Platelets [#/volume] in Blood by Automated count"}, {ucum, "10*3/uL", "10*3/uL"}, 150, 450, 0},
    {{loinc, "2947-0", "Sodium [Moles/volume] in Blood"}, millimoles_per_litre, 13000, 14600, 2},
    {{loinc, "6298-4", "Potassium [Moles/volume] in Blood"}, millimoles_per_litre, 35, 52, 1},
    {{loinc, "38483-4", "Creatinine [Mass/volume] in Blood"}, milligrams_per_decilitre, 50, 300, 2},
    {{loinc, "2093-3", "Cholesterol [Mass/volume] in Serum or Plasma"}, milligrams_per_decilitre, 120, 300, 0},
    {{loinc, "33914-3", "Glomerular filtration rate/1.73 sq M.predicted"},
     {ucum, "mL/min/{1.73_m2}", "mL/min/1.73 m²"},
     150,
     1200,
     1},
    {{loinc, "94076-7", "Mutations/Megabase [# Ratio] in Tumor"},
     {ucum, "1/1000000{Base}", "somatic variants per megabase"},
     1,
     500,
     2},
};

constexpr Measure vital_table[] = {
    {{loinc, "8302-2", "Body height"}, {ucum, "cm", "cm"}, 1450, 2000, 1},
    {{loinc, "29463-7", "Body weight"}, {ucum, "kg", "kg"}, 450, 1300, 1},
    {{loinc, "8867-4", "Heart rate"}, {ucum, "/min", "/min"}, 50, 110, 0},
    {{loinc, "8310-5", "Body temperature"}, {ucum, "Cel", "°C"}, 3590, 3990, 2},
    {{loinc, "39156-5", "Body mass index (BMI) [Ratio]"}, {ucum, "kg/m2", "kg/m2"}, 17000, 42000, 3},
    {{loinc, "9279-1", "Respiratory rate"}, {ucum, "/min", "/min"}, 10, 24, 0},
};

constexpr Code condition_table[] = {
    {snomed, "254837009", "Malignant neoplasm of breast (disorder)"},
    {snomed, "399068003", "Malignant tumor of prostate (disorder)"},
    {snomed, "363406005", "Malignant neoplasm of colon (disorder)"},
    {snomed, "93880001", "Primary malignant neoplasm of lung (disorder)"},
    {snomed, "44054006", "Diabetes mellitus type 2 (disorder)"},
    {snomed, "26929004", "Alzheimer's disease (disorder)"},
    {snomed, "7200002", "Alcoholism (disorder)"},
    {snomed, "38341003", "Hypertensive disorder"},
    {snomed, "195967001", "Asthma"},
    {snomed, "55822004", "Hyperlipidemia"},
    {snomed, "271737000", "Anemia (disorder)"},
    {snomed, "162864005", "Body mass index 30+ - obesity (finding)"},
    {snomed, "195662009", "Acute viral pharyngitis (disorder)"},
    {snomed, "444814009", "Viral sinusitis (disorder)"},
    {snomed, "69896004", "Rheumatoid arthritis"},
    {snomed, "13644009", R"(Hypercholesterolemia, \"high cholesterol\")"},
};

constexpr Code site_table[] = {
    {snomed, "76752008", "Breast structure"}, {snomed, "41216001", "Prostatic structure"},
    {snomed, "71854001", "Colon structure"},  {snomed, "39607008", "Lung structure"},
    {snomed, "12738006", "Brain structure"},  {snomed, "10200004", "Liver structure"},
};

constexpr Code procedure_table[] = {
    {snomed, "122548005", "Biopsy of breast (procedure)"},
    {snomed, "65575008", "Biopsy of prostate (procedure)"},
    {snomed, "73761001", "Colonoscopy"},
    {snomed, "367336001", "Chemotherapy (procedure)"},
    {snomed, "108290001", "Radiation oncology AND/OR radiotherapy"},
    {snomed, "82078001", "Collection of blood specimen"},
    {snomed, "430193006", "Medication Reconciliation (procedure)"},
};

constexpr Code drug_table[] = {
    {rxnorm, "1049221", "Acetaminophen 325 MG / Oxycodone Hydrochloride 5 MG Oral Tablet"},
    {rxnorm, "310965", "Ibuprofen 200 MG Oral Tablet"},
    {rxnorm, "860975", "24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet"},
    {rxnorm, "314076", "lisinopril 10 MG Oral Tablet"},
    {rxnorm, "583214", "Paclitaxel 100 MG Injection"},
    {rxnorm, "1734919", "Cyclophosphamide 1000 MG Injection"},
    {rxnorm, "997223", "Donepezil hydrochloride 10 MG Oral Tablet"},
    {rxnorm, "316049", "Hydrochlorothiazide 25 MG"},
};

constexpr Code substance_table[] = {
    {snomed, "418920007", "Adhesive agent"},
    {snomed, "372712009", "Ethylenediamine tetraacetate"},
    {snomed, "372877000", "Heparin"},
    {snomed, "111095003", "Formaldehyde (substance)"},
    {snomed, "387517004", "Paracetamol (substance)"},
    {snomed, "372687004", "Amoxicillin (substance)"},
};

constexpr Code specimen_table[] = {
    {snomed, "258435002", "Tumor tissue sample (specimen)"},
    {snomed, "119297000", "Blood specimen"},
    {snomed, "258566005", "Deoxyribonucleic acid sample (specimen)"},
    {snomed, "119361006", "Plasma specimen"},
    {snomed, "119342007", "Saliva specimen"},
    {"http://purl.obolibrary.org/obo/ncit.owl", "NCIT:C18009", ""},
};

constexpr Code race_table[] = {
    {omb, "2106-3", "White"},
    {omb, "2054-5", "Black or African American"},
    {omb, "2028-9", "Asian"},
    {omb, "1002-5", "American Indian or Alaska Native"},
    {omb, "2076-8", "Native Hawaiian or Other Pacific Islander"},
};

constexpr Code smoking_table[] = {
    {snomed, "266919005", "Never smoked tobacco (finding)"},
    {snomed, "8517006", "Ex-smoker (finding)"},
    {snomed, "449868002", "Smokes tobacco daily (finding)"},
};

constexpr std::string_view role_code = "http://terminology.hl7.org/CodeSystem/v3-RoleCode";
constexpr Code relative_table[] = {
    {role_code, "MTH", "mother"},  {role_code, "FTH", "father"},        {role_code, "SIS", "sister"},
    {role_code, "BRO", "brother"}, {role_code, "GRMTH", "grandmother"},
};

constexpr std::string_view dicom = "http://dicom.nema.org/resources/ontology/DCM";
constexpr Code modality_table[] = {
    {dicom, "MG", "Mammography"},
    {dicom, "CT", "Computed Tomography"},
    {dicom, "MR", "Magnetic Resonance"},
    {dicom, "US", "Ultrasound"},
};

constexpr std::string_view family_table[] = {
    "Smith",   R"(Garc\u00eda)", "Müller", "O'Brien", "Nguyễn",   "李",      "Johansson", R"(Ng\u0169g\u0129)",
    "Åkesson", R"(D\"Arc)",      "Okafor", "Silva",   "Kowalski", "Иванова",
};
constexpr std::string_view given_table[] = {
    "Maria",   "Zoë",      R"(Jos\u00e9)", "雷",   "Anna-Lena", "Liam",
    "Aaliyah", "François", R"(Ada \"A\")", "Noor", "Kofi",      "Yuki",
};

constexpr Place place_table[] = {
    {"Portland", "OR", "97239"},         {"San José", "CA", "95112"},     {"Boston", "MA", "02114"},
    {"Coeur d'Alene", "ID", "83814"},    {"Honolulu", "HI", "96813"},     {"Cañon City", "CO", "81212"},
    {"Mount Washington", "MA", "01258"}, {"Philadelphia", "PA", "19104"},
};

constexpr std::string_view remark_table[] = {
    "Within normal limits.",
    R"(Patient says: \"much better\".)",
    R"(First line.\nSecond line,\twith a tab.)",
    R"(Kept at −80 °C in rack C:\\7\\b.)",
    R"(結果は正常 \ud83d\ude00 🧬)",
    R"(see https:\/\/example.org\/notes?id=1&x=<2>)",
    "Non-specific findings; compare with the earlier examination and repeat in six months.",
    R"(\u00b5-opioid receptor, 5 µg)",
};

}  // namespace

std::span<const Measure> laboratory_measures() noexcept { return laboratory_table; }
std::span<const Measure> vital_signs() noexcept { return vital_table; }
std::span<const Code> conditions() noexcept { return condition_table; }
std::span<const Code> body_sites() noexcept { return site_table; }
std::span<const Code> procedures() noexcept { return procedure_table; }
std::span<const Code> drugs() noexcept { return drug_table; }
std::span<const Code> substances() noexcept { return substance_table; }
std::span<const Code> specimen_types() noexcept { return specimen_table; }
std::span<const Code> races() noexcept { return race_table; }
std::span<const Code> smoking_states() noexcept { return smoking_table; }
std::span<const Code> relatives() noexcept { return relative_table; }
std::span<const Code> modalities() noexcept { return modality_table; }
std::span<const std::string_view> family_names() noexcept { return family_table; }
std::span<const std::string_view> given_names() noexcept { return given_table; }
std::span<const Place> places() noexcept { return place_table; }
std::span<const std::string_view> remarks() noexcept { return remark_table; }

}  // namespace etl::synth
