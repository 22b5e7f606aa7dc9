"""What the demo dictionary holds: its node types, their properties and their links.

Properties stand in a small notation, one word each, `name:kind`, named as FHIR R5 names its elements. The kind says what
simplify makes of the element in a flat record:

    string date dateTime boolean integer number   one property (a dateTime may also be null)
    strings                                       an array of strings
    enum(a|b|c)                                   one of these words
    concept, concepts                             name, name_text, name_coding; the plural are arrays
    quantity                                      name, name_unit, name_value
    identifier                                    identifier, identifier_coding, identifier_text_coding
    ref, refs                                     "Type/id", or an array of them

A link is `name -label-> target_type (backref) [multiplicity]`. Its name is the property that the reference stands in, alone or
followed by `_` and the target's title where one element may point at several types. Labels and backrefs are ours.
"""

# id, title, category, what it is
NODES = [
    {
        "id": "organization",
        "title": "Organization",
        "category": "administrative",
        "description": "A hospital, laboratory or consortium that takes part in a study.",
        "properties": "identifier:identifier active:boolean type:concepts name:string alias:strings description:string partOf:ref",
        "links": ["partOf -division_of-> organization (divisions) [many_to_one]"],
    },
    {
        "id": "practitioner",
        "title": "Practitioner",
        "category": "administrative",
        "description": "A person who cares for patients or runs a study.",
        "properties": "identifier:identifier active:boolean gender:enum(male|female|other|unknown) birthDate:date address_postalCode:string",
        "links": [],
    },
    {
        "id": "practitioner_role",
        "title": "PractitionerRole",
        "category": "administrative",
        "description": "What a practitioner does for an organization.",
        "properties": "identifier:identifier active:boolean practitioner:ref organization:ref code:concepts specialty:concepts",
        "links": [
            "practitioner -held_by-> practitioner (roles)",
            "organization -held_at-> organization (roles)",
        ],
    },
    {
        "id": "research_study",
        "title": "ResearchStudy",
        "category": "administrative",
        "description": "The plan and the state of an investigation.",
        "unique_keys": [["project_id", "url"]],
        "properties": "identifier:identifier url:string version:string name:string title:string status:enum(draft|active|retired|unknown)"
        " primaryPurposeType:concept phase:concept studyDesign:concepts focus:concepts condition:concepts keyword:concepts region:concepts"
        " descriptionSummary:string description:string date:dateTime site:refs partOf:refs classifier:concepts whyStopped:concept"
        " associatedParty_party:ref projects:project",
        "links": [
            "projects -member_of-> project (research_studies) [many_to_one] required",
            "partOf -part_of-> research_study (sub_studies)",
            "site -performed_at-> organization (research_studies)",
            "focus_Medication -studies-> medication (research_studies)",
            "associatedParty_party -led_by-> practitioner_role (research_studies)",
        ],
    },
    {
        "id": "patient",
        "title": "Patient",
        "category": "administrative",
        "description": "A person whose data the study collects.",
        "properties": "identifier:identifier active:boolean gender:enum(male|female|other|unknown) birthDate:date deceasedBoolean:boolean"
        " deceasedDateTime:dateTime maritalStatus:concept multipleBirthBoolean:boolean multipleBirthInteger:integer address_postalCode:string"
        " generalPractitioner:refs managingOrganization:ref us_core_race_ombCategory:string us_core_race_ombCategory_coding:strings"
        " us_core_race_detailed:string us_core_race_detailed_coding:strings us_core_race_text:string us_core_ethnicity_ombCategory:string"
        " us_core_ethnicity_ombCategory_coding:strings us_core_ethnicity_text:string us_core_birthsex:string us_core_genderIdentity:strings"
        " us_core_genderIdentity_text:strings us_core_genderIdentity_coding:strings patient_birthPlace_city:string patient_birthPlace_state:string"
        " patient_birthPlace_country:string patient_birthPlace_resourceType:string patient_mothersMaidenName:string"
        " quality_adjusted_life_years:number disability_adjusted_life_years:number age_at_enrollment:string"
        " age_at_enrollment_unit:strings age_at_enrollment_value:numbers",
        "links": [
            "generalPractitioner_Practitioner -cared_for_by-> practitioner (patients)",
            "managingOrganization -registered_at-> organization (patients) [many_to_one]",
        ],
    },
    {
        "id": "research_subject",
        "title": "ResearchSubject",
        "category": "administrative",
        "description": "The part that a patient or a specimen plays in a study.",
        "properties": "identifier:identifier status:enum(draft|active|retired|unknown) study:ref subject:ref assignedComparisonGroup:string"
        " actualComparisonGroup:string",
        # "edge_researchsubjectjoinsinresearchstudy" has exactly 40 characters: the longest name that is kept as it is
        "links": [
            "study -joins_in-> research_study (research_subjects) required",
            {
                "exclusive": True,
                "required": True,
                "subgroup": [
                    "subject_Patient -is_person-> patient (research_subjects) [many_to_one]",
                    "subject_Specimen -is_material-> specimen (research_subjects) [many_to_one]",
                ],
            },
        ],
    },
    {
        "id": "substance",
        "title": "Substance",
        "category": "biospecimen",
        "description": "A material: an additive, an ingredient, a reagent.",
        "properties": "identifier:identifier instance:boolean status:enum(active|inactive|entered-in-error) category:concepts code:concept"
        " description:string expiry:dateTime",
        "links": [],
    },
    {
        "id": "specimen",
        "title": "Specimen",
        "category": "biospecimen",
        "description": "A sample of a patient or a substance, or of another sample.",
        "properties": "identifier:identifier status:enum(available|unavailable|unsatisfactory|entered-in-error) type:concept subject:ref"
        " receivedTime:dateTime parent:refs combined:enum(grouped|pooled) role:concepts condition:concepts processing_method:concept"
        " processing_additive:refs collection_bodySite:concept days_to_collection:string days_to_collection_unit:strings"
        " days_to_collection_value:numbers",
        "links": [
            {
                "exclusive": True,
                "required": False,
                "subgroup": [
                    "subject_Patient -taken_from-> patient (specimens)",
                    "subject_Substance -taken_from-> substance (specimens)",
                ],
            },
            "parent -derived_from-> specimen (aliquots)",
            "processing_additive -processed_with-> substance (processed_specimens)",
            "collection_bodySite -collected_from_body_structure-> body_structure (specimens)",
        ],
    },
    {
        "id": "encounter",
        "title": "Encounter",
        "category": "clinical",
        "description": "A visit, a stay, a call.",
        "properties": "identifier:identifier status:enum(planned|in-progress|on-hold|discharged|completed|cancelled|unknown)"
        " class_fhir:concepts type:concepts priority:concept subject:ref partOf:ref serviceProvider:ref plannedStartDate:dateTime"
        " plannedEndDate:dateTime",
        # "edge_encounterhasbeenservedbyorganization" has 41 characters: the shortest name that is hashed
        "links": [
            "subject_Patient -of-> patient (encounters)",
            "partOf -within-> encounter (sub_encounters) [many_to_one]",
            "serviceProvider -has_been_served_by-> organization (encounters) [many_to_one]",
        ],
    },
    {
        "id": "body_structure",
        "title": "BodyStructure",
        "category": "clinical",
        "description": "A part of a patient's body that other records speak of.",
        "properties": "identifier:identifier active:boolean morphology:concept description:string patient:ref",
        "links": ["patient -of-> patient (body_structures)"],
    },
    {
        "id": "condition",
        "title": "Condition",
        "category": "clinical",
        "description": "A diagnosis or a problem.",
        "properties": "identifier:identifier clinicalStatus:concept verificationStatus:concept category:concepts severity:concept code:concept"
        " bodySite:concepts subject:ref encounter:ref onsetDateTime:dateTime onsetString:string abatementDateTime:dateTime"
        " abatementString:string recordedDate:dateTime evidence:concepts",
        "links": [
            "subject_Patient -describes-> patient (conditions) required",
            "encounter -diagnosed_during-> encounter (conditions)",
            "evidence_Observation -supported_by_evidence_of-> observation (supported_conditions)",
        ],
    },
    {
        "id": "observation",
        "title": "Observation",
        "category": "clinical",
        "description": "A measurement, a finding, an answer.",
        "properties": "identifier:identifier status:enum(registered|preliminary|final|amended|corrected|cancelled|entered-in-error|unknown)"
        " category:concepts code:concept subject:ref focus:refs encounter:ref effectiveDateTime:dateTime effectiveInstant:dateTime issued:dateTime"
        " performer:refs valueQuantity:quantity valueCodeableConcept:concept valueString:string valueBoolean:boolean valueInteger:integer"
        " valueDateTime:dateTime valueTime:string valueRange_resourceType:string valueRatio_resourceType:string valuePeriod_resourceType:string"
        " valuePeriod_start:dateTime"
        " valuePeriod_end:dateTime dataAbsentReason:concept interpretation:concepts bodySite:concept bodyStructure:ref method:concept"
        " specimen:ref hasMember:refs derivedFrom:refs partOf:refs",
        "links": [
            "subject_Patient -about_subject-> patient (observations)",
            "focus_Patient -focused_on_Patient-> patient (focus_of_observations)",
            "performer_Patient -performed_by_Patient-> patient (performed_observations)",
            "focus_ResearchStudy -focused_on-> research_study (focus_of_observations)",
            "focus_Specimen -focused_on-> specimen (focus_of_observations)",
            "specimen -measured_on-> specimen (observations)",
            "encounter -made_during-> encounter (observations)",
            "performer_Practitioner -performed_by-> practitioner (observations)",
            "hasMember_Observation -has_member-> observation (panels)",
            "derivedFrom_Observation -derived_from-> observation (derived_observations)",
            "derivedFrom_DocumentReference -derived_from-> document_reference (derived_observations)",
            "bodyStructure -measured_at-> body_structure (observations)",
            "partOf_Procedure -part_of-> procedure (observations)",
        ],
    },
    {
        "id": "diagnostic_report",
        "title": "DiagnosticReport",
        "category": "clinical",
        "description": "What a laboratory or an imaging department concludes.",
        "properties": "identifier:identifier status:enum(registered|partial|preliminary|final|amended|cancelled|unknown) category:concepts"
        " code:concept subject:ref encounter:ref effectiveDateTime:dateTime issued:dateTime performer:refs resultsInterpreter:refs specimen:refs"
        " result:refs study:refs conclusion:string conclusionCode:concepts",
        "links": [
            "subject_Patient -reports_on-> patient (diagnostic_reports)",
            "encounter -ordered_during-> encounter (diagnostic_reports)",
            "specimen -based_on_specimen-> specimen (diagnostic_reports)",
            "result -summarises-> observation (diagnostic_reports)",
            "study_ImagingStudy -interprets-> imaging_study (diagnostic_reports)",
            "performer_Organization -issued_by-> organization (diagnostic_reports)",
            "resultsInterpreter_Practitioner -interpreted_by-> practitioner (interpreted_reports)",
        ],
    },
    {
        "id": "medication",
        "title": "Medication",
        "category": "clinical",
        "description": "A drug as it is made or prescribed.",
        "properties": "identifier:identifier code:concept status:enum(active|inactive|entered-in-error) doseForm:concept"
        " marketingAuthorizationHolder:ref ingredient_item:concept",
        "links": [
            "ingredient_item_Substance -contains-> substance (medications)",
            "marketingAuthorizationHolder -marketed_by-> organization (medications)",
        ],
    },
    {
        "id": "medication_request",
        "title": "MedicationRequest",
        "category": "clinical",
        "description": "A prescription.",
        "properties": "identifier:identifier status:enum(active|on-hold|ended|stopped|completed|cancelled|draft|unknown)"
        " intent:enum(proposal|plan|order|original-order|reflex-order|filler-order|instance-order|option)"
        " priority:enum(routine|urgent|asap|stat) category:concepts medication:concept subject:ref encounter:ref authoredOn:dateTime"
        " requester:ref reason:concepts basedOn:refs priorPrescription:ref doNotPerform:boolean reported:boolean"
        " renderedDosageInstruction:string",
        "links": [
            "subject_Patient -prescribed_to-> patient (medication_requests)",
            "medication -asks_for-> medication (medication_requests)",
            "requester_Practitioner -written_by-> practitioner (medication_requests)",
            "reason_Condition -written_because_of-> condition (medication_requests)",
            "basedOn_MedicationRequest -based_on-> medication_request (follow_ups)",
            "priorPrescription -replaces-> medication_request (replacements) [many_to_one]",
            "encounter -written_during-> encounter (medication_requests)",
        ],
    },
    {
        "id": "medication_administration",
        "title": "MedicationAdministration",
        "category": "clinical",
        "description": "A dose that was given.",
        "properties": "identifier:identifier status:enum(in-progress|not-done|on-hold|completed|entered-in-error|stopped|unknown)"
        " category:concepts medication:concept subject:ref encounter:ref occurenceDateTime:dateTime recorded:dateTime isSubPotent:boolean"
        " reason:concepts request:ref partOf:refs",
        "links": [
            "subject_Patient -given_to-> patient (medication_administrations)",
            "medication -gives-> medication (medication_administrations)",
            "request -carries_out_the_request-> medication_request (administrations)",
            "reason_Condition -given_because_of_condition-> condition (medication_administrations)",
            "partOf_Procedure -part_of-> procedure (medication_administrations)",
            "encounter -given_during-> encounter (medication_administrations)",
        ],
    },
    {
        "id": "medication_statement",
        "title": "MedicationStatement",
        "category": "medical_history",
        "description": "What someone says that a patient takes.",
        "properties": "identifier:identifier status:enum(recorded|entered-in-error|draft) category:concepts medication:concept subject:ref"
        " encounter:ref effectiveDateTime:dateTime dateAsserted:dateTime informationSource:refs reason:concepts derivedFrom:refs",
        "links": [
            "subject_Patient -states_intake_of-> patient (medication_statements)",
            "informationSource_Patient -told_by_the_patient-> patient (told_medication_statements)",
            "informationSource_Practitioner -told_by-> practitioner (medication_statements)",
            "medication -states-> medication (medication_statements)",
            "reason_Condition -taken_because_of-> condition (medication_statements)",
            "derivedFrom_MedicationRequest -derived_from-> medication_request (medication_statements)",
        ],
    },
    {
        "id": "procedure",
        "title": "Procedure",
        "category": "clinical",
        "description": "An operation, a biopsy, a therapy.",
        "properties": "identifier:identifier status:enum(preparation|in-progress|not-done|on-hold|stopped|completed|unknown) category:concepts"
        " code:concept subject:ref focus:ref encounter:ref occurrenceDateTime:dateTime occurrenceString:string recorded:dateTime recorder:ref"
        " reportedBoolean:boolean reason:concepts bodySite:concepts outcome:concept partOf:refs report:refs used:concepts"
        " instantiatesUri:strings",
        "links": [
            "subject_Patient -done_to-> patient (procedures)",
            "focus_Specimen -collects-> specimen (procedures)",
            "encounter -done_during-> encounter (procedures)",
            "partOf_Procedure -step_of-> procedure (steps)",
            "recorder_Practitioner -recorded_by-> practitioner (procedures)",
            "reason_Condition -treats-> condition (procedures)",
            "report_DocumentReference -reported_in-> document_reference (procedures)",
            "report_DiagnosticReport -reported_in-> diagnostic_report (procedures)",
            "used_Substance -used-> substance (procedures)",
        ],
    },
    {
        "id": "document_reference",
        "title": "DocumentReference",
        "category": "data_file",
        "description": "A file and what it is about.",
        "unique_keys": [["project_id", "object_id"]],
        "definitions": "data_file_properties",
        "properties": "identifier:identifier version:string status:enum(current|superseded|entered-in-error)"
        " docStatus:enum(registered|partial|preliminary|final|amended|cancelled|unknown) type:concept category:concepts modality:concepts"
        " subject:ref context:refs bodySite:concepts date:dateTime author:refs custodian:ref description:string securityLabel:concepts"
        " content_attachment_contentType:string content_attachment_url:string content_attachment_size:integer"
        " content_attachment_title:string content_attachment_creation:dateTime content_attachment_extension_md5:string"
        " content_attachment_extension_source_path:string data_category:string data_type:string data_format:string"
        " auth_resource_path:string",
        "links": [
            "subject_Patient -data_about-> patient (files)",
            "subject_Specimen -data_about-> specimen (files)",
            "subject_ResearchStudy -data_about-> research_study (files)",
            "subject_Observation -data_about-> observation (files)",
            "author_Practitioner -authored_by-> practitioner (authored_files)",
            "custodian -kept_by-> organization (files)",
            "context_Encounter -made_in_the_context_of-> encounter (files)",
            "bodySite_BodyStructure -shows-> body_structure (files)",
        ],
    },
    {
        "id": "imaging_study",
        "title": "ImagingStudy",
        "category": "clinical",
        "description": "A series of images of one examination.",
        "properties": "identifier:identifier status:enum(registered|available|cancelled|entered-in-error|unknown) modality:concepts subject:ref"
        " encounter:ref started:dateTime basedOn:refs partOf:refs referrer:ref numberOfSeries:integer numberOfInstances:integer"
        " reason:concepts description:string",
        "links": [
            "subject_Patient -images-> patient (imaging_studies)",
            "encounter -taken_during-> encounter (imaging_studies)",
            "referrer_Practitioner -referred_by-> practitioner (imaging_studies)",
            "partOf_Procedure -part_of-> procedure (imaging_studies)",
            "reason_Condition -taken_because_of-> condition (imaging_studies)",
            "basedOn_Task -ordered_by-> task (imaging_studies)",
        ],
    },
    {
        "id": "task",
        "title": "Task",
        "category": "analysis",
        "description": "A step of work: from specimens to files.",
        "properties": "identifier:identifier status:enum(draft|requested|received|accepted|ready|in-progress|on-hold|failed|completed|cancelled)"
        " intent:enum(unknown|proposal|plan|order|original-order|reflex-order|filler-order|instance-order|option)"
        " priority:enum(routine|urgent|asap|stat) code:concept description:string focus:ref for_fhir:ref encounter:ref owner:ref requester:ref"
        " authoredOn:dateTime lastModified:dateTime partOf:refs basedOn:refs reason:concepts statusReason:concept businessStatus:concept"
        " input_valueReference:ref output_valueReference:ref",
        "links": [
            "for_fhir -done_for-> patient (tasks)",
            "owner_Patient -has_Owner-> patient (owned_tasks)",
            "requester_Patient -requested_by-> patient (requested_tasks)",
            "owner_Practitioner -has_Owner-> practitioner (owned_tasks)",
            "partOf -part_of-> task (sub_tasks)",
            "focus_Specimen -works_on-> specimen (tasks)",
            "input_valueReference_Specimen -takes_as_input-> specimen (consuming_tasks)",
            "input_valueReference_DocumentReference -takes_as_input-> document_reference (consuming_tasks)",
            "output_valueReference_DocumentReference -gives_as_output-> document_reference (producing_tasks)",
            "output_valueReference_Specimen -gives_as_output-> specimen (producing_tasks)",
            "encounter -ordered_during-> encounter (tasks)",
            "basedOn_MedicationRequest -based_on-> medication_request (tasks)",
        ],
    },
    {
        "id": "family_member_history",
        "title": "FamilyMemberHistory",
        "category": "medical_history",
        "description": "What a patient's relative suffers from.",
        "properties": "identifier:identifier status:enum(partial|completed|entered-in-error|health-unknown) patient:ref date:dateTime name:string"
        " relationship:concept sex:concept bornString:string bornDate:date ageString:string estimatedAge:boolean deceasedBoolean:boolean"
        " deceasedString:string reason:concepts instantiatesUri:strings",
        "links": [
            "patient -family_history_of-> patient (family_member_histories)",
            "reason_Condition -asked_because_of_condition-> condition (family_member_histories)",
        ],
    },
]
