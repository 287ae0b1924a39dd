-- 0001 The tables of before versions were kept: three wide rows and more for every record.
CREATE TABLE licence (
    record NVARCHAR(32) NOT NULL,
    certificate_name NVARCHAR(512) NOT NULL,
    certificate_type_name NVARCHAR(256) NOT NULL,
    certificate_type_code NVARCHAR(21) NOT NULL,
    certificate_number NVARCHAR(128) NOT NULL,
    certificate_identifier NVARCHAR(200) NULL,
    certificate_issuing_authority_name NVARCHAR(256) NOT NULL,
    certificate_issuing_authority_code NVARCHAR(18) NOT NULL,
    certificate_issued_date DATETIME NOT NULL,
    certificate_holder_name NTEXT NOT NULL,
    certificate_holder_code NTEXT NOT NULL,
    certificate_holder_type_name NTEXT NULL,
    certificate_holder_type_code NTEXT NOT NULL,
    certificate_effective_date DATETIME NULL,
    certificate_expiring_date DATETIME NULL,
    certificate_signer NVARCHAR(256) NULL,
    certificate_signed_time NVARCHAR(27) NULL,
    certificate_signature_name NVARCHAR(256) NULL,
    certificate_copy_creation_time NVARCHAR(27) NULL,
    certificate_copy_creator NVARCHAR(256) NULL,
    certificate_copy_cause NVARCHAR(512) NULL,
    certificate_copy_expiring_time NVARCHAR(27) NULL,
    certificate_status NVARCHAR(16) NOT NULL,
    certificate_area_code NVARCHAR(12) NULL,
    certificate_holder_category NVARCHAR(1) NULL,
    associated_certificate_identifier NVARCHAR(200) NULL,
    face NTEXT NOT NULL,
    source_updated_at NVARCHAR(27) NULL,
    locator NVARCHAR(512) NOT NULL,
    batch NVARCHAR(160) NOT NULL,
    digest NVARCHAR(32) NOT NULL,
    face_digest NVARCHAR(32) NOT NULL,
    source NVARCHAR(128) NOT NULL,
    observed_at NVARCHAR(27) NOT NULL,
    judged_at NVARCHAR(27) NOT NULL,
    PRIMARY KEY (record),
    CONSTRAINT licence_key UNIQUE (certificate_type_code, certificate_issuing_authority_code, certificate_number)
);

GO

CREATE INDEX licence_by_identifier ON licence (certificate_identifier);

GO

CREATE INDEX licence_by_number ON licence (certificate_number);

GO

CREATE TABLE licence_version (
    record NVARCHAR(32) NOT NULL,
    source NVARCHAR(128) NOT NULL,
    certificate_name NVARCHAR(512) NOT NULL,
    certificate_type_name NVARCHAR(256) NOT NULL,
    certificate_type_code NVARCHAR(21) NOT NULL,
    certificate_number NVARCHAR(128) NOT NULL,
    certificate_identifier NVARCHAR(200) NULL,
    certificate_issuing_authority_name NVARCHAR(256) NOT NULL,
    certificate_issuing_authority_code NVARCHAR(18) NOT NULL,
    certificate_issued_date DATETIME NOT NULL,
    certificate_holder_name NTEXT NOT NULL,
    certificate_holder_code NTEXT NOT NULL,
    certificate_holder_type_name NTEXT NULL,
    certificate_holder_type_code NTEXT NOT NULL,
    certificate_effective_date DATETIME NULL,
    certificate_expiring_date DATETIME NULL,
    certificate_signer NVARCHAR(256) NULL,
    certificate_signed_time NVARCHAR(27) NULL,
    certificate_signature_name NVARCHAR(256) NULL,
    certificate_copy_creation_time NVARCHAR(27) NULL,
    certificate_copy_creator NVARCHAR(256) NULL,
    certificate_copy_cause NVARCHAR(512) NULL,
    certificate_copy_expiring_time NVARCHAR(27) NULL,
    certificate_status NVARCHAR(16) NOT NULL,
    certificate_area_code NVARCHAR(12) NULL,
    certificate_holder_category NVARCHAR(1) NULL,
    associated_certificate_identifier NVARCHAR(200) NULL,
    face NTEXT NOT NULL,
    source_updated_at NVARCHAR(27) NULL,
    locator NVARCHAR(512) NOT NULL,
    batch NVARCHAR(160) NOT NULL,
    digest NVARCHAR(32) NOT NULL,
    face_digest NVARCHAR(32) NOT NULL,
    first_observed_at NVARCHAR(27) NOT NULL,
    last_observed_at NVARCHAR(27) NOT NULL,
    judged_at NVARCHAR(27) NOT NULL,
    PRIMARY KEY (record, source, digest)
);

GO

CREATE INDEX licence_version_by_place ON licence_version (source, locator);

GO

CREATE TABLE claim (
    record NVARCHAR(32) NOT NULL,
    source NVARCHAR(128) NOT NULL,
    precedence INTEGER NOT NULL,
    observed_at NVARCHAR(27) NOT NULL,
    judged_at NVARCHAR(27) NOT NULL,
    digest NVARCHAR(32) NOT NULL,
    PRIMARY KEY (record, source)
);

GO

CREATE INDEX claim_by_source ON claim (source);

GO

CREATE TABLE licence_identifier (
    record NVARCHAR(32) NOT NULL,
    face_digest NVARCHAR(32) NOT NULL,
    version INTEGER NOT NULL,
    certificate_identifier NVARCHAR(200) NOT NULL,
    PRIMARY KEY (record, face_digest)
);

GO

CREATE TABLE sighting (
    source NVARCHAR(128) NOT NULL,
    record NVARCHAR(32) NOT NULL,
    seen_at NVARCHAR(27) NOT NULL,
    locator NVARCHAR(512) NOT NULL,
    certificate_number NVARCHAR(128) NOT NULL,
    PRIMARY KEY (source, record)
);

GO

CREATE TABLE exchange_batch (
    source NVARCHAR(128) NOT NULL,
    day NVARCHAR(10) NOT NULL,
    run INTEGER NOT NULL,
    status NVARCHAR(16) NOT NULL,
    kind NVARCHAR(16) NOT NULL,
    taken_at NVARCHAR(27) NOT NULL,
    judged_at NVARCHAR(27) NOT NULL,
    delivered_at NVARCHAR(27) NOT NULL,
    [read] INTEGER NOT NULL,
    left_out INTEGER NOT NULL,
    extracted INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    held INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    inserted INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    stale INTEGER NOT NULL,
    without_time INTEGER NOT NULL,
    future_time INTEGER NOT NULL,
    counted INTEGER NULL,
    reason TEXT NOT NULL,
    failing NVARCHAR(max) NOT NULL,
    seconds FLOAT NOT NULL,
    PRIMARY KEY (source, day, run)
);

GO

CREATE TABLE finding (
    source NVARCHAR(128) NOT NULL,
    [rule] NVARCHAR(40) NOT NULL,
    element NVARCHAR(128) NOT NULL,
    subject NVARCHAR(32) NOT NULL,
    locator NVARCHAR(512) NOT NULL,
    certificate_number NVARCHAR(128) NOT NULL,
    value NVARCHAR(200) NOT NULL,
    expected NTEXT NOT NULL,
    observed_at NVARCHAR(27) NOT NULL,
    judged_at NVARCHAR(27) NOT NULL,
    platform_holds BIT NOT NULL,
    first_day NVARCHAR(10) NOT NULL,
    last_day NVARCHAR(10) NOT NULL,
    [open] BIT NOT NULL,
    PRIMARY KEY (source, [rule], element, subject)
);

GO

CREATE TABLE finding_seen (
    id INTEGER NOT NULL IDENTITY,
    source NVARCHAR(128) NOT NULL,
    day NVARCHAR(10) NOT NULL,
    found_by NVARCHAR(160) NOT NULL,
    [rule] NVARCHAR(128) NOT NULL,
    element NVARCHAR(128) NOT NULL,
    subject NVARCHAR(128) NOT NULL,
    locator NVARCHAR(512) NOT NULL,
    certificate_number NVARCHAR(128) NOT NULL,
    value NVARCHAR(200) NOT NULL,
    expected NTEXT NOT NULL,
    observed_at NVARCHAR(27) NOT NULL,
    judged_at NVARCHAR(27) NOT NULL,
    platform_holds BIT NOT NULL,
    PRIMARY KEY (id)
);

GO

CREATE INDEX finding_seen_by_batch ON finding_seen (source, day);

GO

CREATE INDEX finding_seen_by_finder ON finding_seen (found_by);

GO

CREATE INDEX finding_seen_by_subject ON finding_seen (subject);

GO

-- 0002 One wide row for every claim; licences and versions become views of the claims and their history.
DROP INDEX licence_by_identifier ON licence;

GO

DROP INDEX licence_by_number ON licence;

GO

EXEC sp_rename 'licence', old_licence;

GO

DROP INDEX licence_version_by_place ON licence_version;

GO

EXEC sp_rename 'licence_version', old_licence_version;

GO

DROP INDEX claim_by_source ON claim;

GO

EXEC sp_rename 'claim', old_claim;

GO

EXEC sp_rename 'licence_identifier', old_licence_identifier;

GO

EXEC sp_rename 'sighting', old_sighting;

GO

EXEC sp_rename 'exchange_batch', old_exchange_batch;

GO

EXEC sp_rename 'finding', old_finding;

GO

DROP INDEX finding_seen_by_batch ON finding_seen;

GO

DROP INDEX finding_seen_by_finder ON finding_seen;

GO

DROP INDEX finding_seen_by_subject ON finding_seen;

GO

EXEC sp_rename 'finding_seen', old_finding_seen;

GO

CREATE TABLE claim (
    record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    digest NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_name NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_type_name NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_type_code NVARCHAR(21) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_identifier NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_issuing_authority_name NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_issuing_authority_code NVARCHAR(18) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_issued_date DATETIME NOT NULL,
    certificate_holder_name NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_holder_code NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_holder_type_name NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_holder_type_code NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_effective_date DATETIME NULL,
    certificate_expiring_date DATETIME NULL,
    certificate_signer NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_signed_time NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_signature_name NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_copy_creation_time NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_copy_creator NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_copy_cause NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_copy_expiring_time NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_status NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_area_code NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_holder_category NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NULL,
    associated_certificate_identifier NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    identifier_version INTEGER NULL,
    face NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
    source_updated_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
    locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
    batch NVARCHAR(160) COLLATE Latin1_General_100_BIN2 NOT NULL,
    face_digest NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    first_observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    wins BIT NOT NULL,
    withdrawn BIT NOT NULL,
    PRIMARY KEY (record, source)
);

GO

CREATE TABLE claimant (
    source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_type_code NVARCHAR(21) COLLATE Latin1_General_100_BIN2 NOT NULL,
    precedence INTEGER NOT NULL,
    gives_identifiers BIT NOT NULL,
    PRIMARY KEY (source, certificate_type_code)
);

GO

CREATE TABLE claim_history (
    record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    digest NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_name NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_type_name NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_type_code NVARCHAR(21) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_identifier NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_issuing_authority_name NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_issuing_authority_code NVARCHAR(18) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_issued_date DATETIME NOT NULL,
    certificate_holder_name NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_holder_code NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_holder_type_name NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_holder_type_code NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_effective_date DATETIME NULL,
    certificate_expiring_date DATETIME NULL,
    certificate_signer NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_signed_time NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_signature_name NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_copy_creation_time NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_copy_creator NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_copy_cause NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_copy_expiring_time NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_status NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_area_code NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NULL,
    certificate_holder_category NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NULL,
    associated_certificate_identifier NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
    identifier_version INTEGER NULL,
    face NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
    source_updated_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
    locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
    batch NVARCHAR(160) COLLATE Latin1_General_100_BIN2 NOT NULL,
    face_digest NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    first_observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (record, source, digest)
);

GO

CREATE INDEX claim_by_identifier ON claim (certificate_identifier);

GO

CREATE INDEX claim_by_number ON claim (certificate_number);

GO

CREATE INDEX claim_by_place ON claim (locator);

GO

CREATE INDEX claim_history_by_identifier ON claim_history (certificate_identifier);

GO

CREATE INDEX claim_history_by_number ON claim_history (certificate_number);

GO

CREATE INDEX claim_history_by_place ON claim_history (locator);

GO

CREATE TABLE sighting (
    source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    seen_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (source, record)
);

GO

CREATE TABLE exchange_lock (
    name NVARCHAR(160) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (name)
);

GO

CREATE TABLE exchange_batch (
    source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    run INTEGER NOT NULL,
    status NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    kind NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    taken_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    delivered_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [read] INTEGER NOT NULL,
    left_out INTEGER NOT NULL,
    extracted INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    held INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    inserted INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    stale INTEGER NOT NULL,
    without_time INTEGER NOT NULL,
    future_time INTEGER NOT NULL,
    vanished INTEGER NOT NULL,
    counted INTEGER NULL,
    content NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    mark_after BIGINT NULL,
    mark_last BIGINT NULL,
    reason NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
    failing NVARCHAR(max) NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (source, day, run)
);

GO

CREATE TABLE finding (
    source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    subject NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [rule] NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    element NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    value NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    expected NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
    observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    platform_holds BIT NOT NULL,
    first_day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    last_day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [open] BIT NOT NULL,
    PRIMARY KEY (source, subject, [rule], element)
);

GO

CREATE TABLE finding_seen (
    id INTEGER NOT NULL IDENTITY,
    source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    found_by NVARCHAR(160) COLLATE Latin1_General_100_BIN2 NOT NULL,
    subject NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    [rule] NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    element NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    value NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    expected NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
    observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    platform_holds BIT NOT NULL,
    PRIMARY KEY (id)
);

GO

CREATE INDEX finding_seen_by_batch ON finding_seen (source, day);

GO

CREATE INDEX finding_seen_by_finder ON finding_seen (found_by);

GO

CREATE INDEX finding_seen_by_subject ON finding_seen (subject);

GO

INSERT INTO claim (record, source, digest, certificate_name, certificate_type_name, certificate_type_code, certificate_number, certificate_issuing_authority_name, certificate_issuing_authority_code, certificate_issued_date, certificate_holder_name, certificate_holder_code, certificate_holder_type_name, certificate_holder_type_code, certificate_effective_date, certificate_expiring_date, certificate_signer, certificate_signed_time, certificate_signature_name, certificate_copy_creation_time, certificate_copy_creator, certificate_copy_cause, certificate_copy_expiring_time, certificate_status, certificate_area_code, certificate_holder_category, associated_certificate_identifier, face, source_updated_at, locator, batch, face_digest, first_observed_at, certificate_identifier, identifier_version, observed_at, judged_at, wins, withdrawn) SELECT v.record, v.source, v.digest, v.certificate_name, v.certificate_type_name, v.certificate_type_code, v.certificate_number, v.certificate_issuing_authority_name, v.certificate_issuing_authority_code, v.certificate_issued_date, v.certificate_holder_name, v.certificate_holder_code, v.certificate_holder_type_name, v.certificate_holder_type_code, v.certificate_effective_date, v.certificate_expiring_date, v.certificate_signer, v.certificate_signed_time, v.certificate_signature_name, v.certificate_copy_creation_time, v.certificate_copy_creator, v.certificate_copy_cause, v.certificate_copy_expiring_time, v.certificate_status, v.certificate_area_code, v.certificate_holder_category, v.associated_certificate_identifier, v.face, v.source_updated_at, v.locator, v.batch, v.face_digest, v.first_observed_at, COALESCE(v.certificate_identifier, i.certificate_identifier), CASE WHEN v.certificate_identifier IS NULL THEN i.version END, c.observed_at, c.judged_at, CASE WHEN l.source = c.source THEN 1 ELSE 0 END, 0 FROM old_licence_version v LEFT JOIN old_licence_identifier i ON i.record = v.record AND i.face_digest = v.face_digest JOIN old_claim c ON c.record = v.record AND c.source = v.source AND c.digest = v.digest LEFT JOIN old_licence l ON l.record = v.record;

GO

INSERT INTO claimant (source, certificate_type_code, precedence, gives_identifiers) SELECT c.source, v.certificate_type_code, MAX(c.precedence), CASE WHEN COUNT(v.certificate_identifier) > 0 THEN 1 ELSE 0 END FROM old_licence_version v JOIN old_claim c ON c.record = v.record AND c.source = v.source AND c.digest = v.digest GROUP BY c.source, v.certificate_type_code;

GO

INSERT INTO claim_history (record, source, digest, certificate_name, certificate_type_name, certificate_type_code, certificate_number, certificate_issuing_authority_name, certificate_issuing_authority_code, certificate_issued_date, certificate_holder_name, certificate_holder_code, certificate_holder_type_name, certificate_holder_type_code, certificate_effective_date, certificate_expiring_date, certificate_signer, certificate_signed_time, certificate_signature_name, certificate_copy_creation_time, certificate_copy_creator, certificate_copy_cause, certificate_copy_expiring_time, certificate_status, certificate_area_code, certificate_holder_category, associated_certificate_identifier, face, source_updated_at, locator, batch, face_digest, first_observed_at, certificate_identifier, identifier_version, observed_at, judged_at) SELECT v.record, v.source, v.digest, v.certificate_name, v.certificate_type_name, v.certificate_type_code, v.certificate_number, v.certificate_issuing_authority_name, v.certificate_issuing_authority_code, v.certificate_issued_date, v.certificate_holder_name, v.certificate_holder_code, v.certificate_holder_type_name, v.certificate_holder_type_code, v.certificate_effective_date, v.certificate_expiring_date, v.certificate_signer, v.certificate_signed_time, v.certificate_signature_name, v.certificate_copy_creation_time, v.certificate_copy_creator, v.certificate_copy_cause, v.certificate_copy_expiring_time, v.certificate_status, v.certificate_area_code, v.certificate_holder_category, v.associated_certificate_identifier, v.face, v.source_updated_at, v.locator, v.batch, v.face_digest, v.first_observed_at, COALESCE(v.certificate_identifier, i.certificate_identifier), CASE WHEN v.certificate_identifier IS NULL THEN i.version END, v.last_observed_at, v.judged_at FROM old_licence_version v LEFT JOIN old_licence_identifier i ON i.record = v.record AND i.face_digest = v.face_digest LEFT JOIN old_claim c ON c.record = v.record AND c.source = v.source AND c.digest = v.digest WHERE c.record IS NULL;

GO

INSERT INTO sighting (source, record, seen_at, locator, certificate_number) SELECT source, record, seen_at, locator, certificate_number FROM old_sighting;

GO

INSERT INTO exchange_batch (source, day, run, status, kind, taken_at, judged_at, delivered_at, [read], left_out, extracted, accepted, held, duplicates, refused, inserted, updated, unchanged, stale, without_time, future_time, counted, reason, failing, seconds, vanished, content) SELECT source, day, run, status, kind, taken_at, judged_at, delivered_at, [read], left_out, extracted, accepted, held, duplicates, refused, inserted, updated, unchanged, stale, without_time, future_time, counted, reason, failing, seconds, 0, '' FROM old_exchange_batch;

GO

INSERT INTO finding (source, [rule], element, subject, locator, certificate_number, value, expected, observed_at, judged_at, platform_holds, first_day, last_day, [open]) SELECT source, [rule], element, subject, locator, certificate_number, value, expected, observed_at, judged_at, platform_holds, first_day, last_day, [open] FROM old_finding;

GO

INSERT INTO finding_seen (source, day, found_by, [rule], element, subject, locator, certificate_number, value, expected, observed_at, judged_at, platform_holds) SELECT source, day, found_by, [rule], element, subject, locator, certificate_number, value, expected, observed_at, judged_at, platform_holds FROM old_finding_seen ORDER BY id;

GO

DROP TABLE old_licence;

GO

DROP TABLE old_licence_version;

GO

DROP TABLE old_claim;

GO

DROP TABLE old_licence_identifier;

GO

DROP TABLE old_sighting;

GO

DROP TABLE old_exchange_batch;

GO

DROP TABLE old_finding;

GO

DROP TABLE old_finding_seen;

GO

-- 0003 Stamps have the reading and the beginning of an order; presence, ends and former keys are kept; findings become views.
CREATE TABLE former_key (
    id INTEGER NOT NULL IDENTITY,
    source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
    beginning INTEGER NOT NULL,
    observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    read_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    seen_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (id)
);

GO

CREATE INDEX former_key_by_record ON former_key (record);

GO

CREATE INDEX former_key_by_place ON former_key (locator);

GO

CREATE TABLE ending (
    id INTEGER NOT NULL IDENTITY,
    source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
    beginning INTEGER NOT NULL,
    observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    read_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    subject NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    batch NVARCHAR(160) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (id)
);

GO

CREATE INDEX ending_by_source ON ending (source);

GO

CREATE INDEX ending_by_record ON ending (record);

GO

CREATE INDEX ending_by_place ON ending (locator);

GO

CREATE TABLE sweep (
    source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    taken_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    swept_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    keys_met BIGINT NOT NULL,
    vanished BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (source, taken_at)
);

GO

ALTER TABLE claim ADD beginning INTEGER NOT NULL DEFAULT '0';

GO

ALTER TABLE claim ADD read_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '';

GO

ALTER TABLE claim ADD seen_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '';

GO

UPDATE claim SET read_at = COALESCE((SELECT MAX(b.taken_at) FROM exchange_batch b WHERE b.source = claim.source AND CONCAT(b.source, '/', b.day) = claim.batch AND b.judged_at = claim.judged_at), judged_at);

GO

UPDATE claim SET seen_at = read_at;

GO

ALTER TABLE claim_history ADD beginning INTEGER NOT NULL DEFAULT '0';

GO

ALTER TABLE claim_history ADD read_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '';

GO

ALTER TABLE claim_history ADD seen_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '';

GO

UPDATE claim_history SET read_at = COALESCE((SELECT MAX(b.taken_at) FROM exchange_batch b WHERE b.source = claim_history.source AND CONCAT(b.source, '/', b.day) = claim_history.batch AND b.judged_at = claim_history.judged_at), judged_at);

GO

UPDATE claim_history SET seen_at = read_at;

GO

ALTER TABLE claim ADD absent_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL;

GO

ALTER TABLE claim ADD ended NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NULL;

GO

ALTER TABLE claim ADD moved_to NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL;

GO

UPDATE claim SET ended = 'vanished' WHERE withdrawn = 1;

GO

declare @const_name varchar(256)
select @const_name = QUOTENAME([name]) from sys.default_constraints
where parent_object_id = object_id('claim')
and col_name(parent_object_id, parent_column_id) = 'withdrawn'
exec('alter table claim drop constraint ' + @const_name);

GO

declare @const_name varchar(256)
select @const_name = QUOTENAME([name]) from sys.check_constraints
where parent_object_id = object_id('claim')
and col_name(parent_object_id, parent_column_id) = 'withdrawn'
exec('alter table claim drop constraint ' + @const_name);

GO

ALTER TABLE claim DROP COLUMN withdrawn;

GO

CREATE INDEX claim_by_source ON claim (source);

GO

CREATE INDEX claim_by_successor ON claim (moved_to) WHERE moved_to IS NOT NULL;

GO

ALTER TABLE exchange_batch ADD moved INTEGER NOT NULL DEFAULT '0';

GO

ALTER TABLE exchange_batch ADD witnessed BIGINT NULL;

GO

ALTER TABLE exchange_batch ADD mark_rows NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL;

GO

ALTER TABLE exchange_batch ADD ordered_by NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '';

GO

ALTER TABLE exchange_batch ADD beginning INTEGER NOT NULL DEFAULT '0';

GO

UPDATE exchange_batch SET ordered_by = 'reading' WHERE kind = 'snapshot';

GO

UPDATE sighting SET seen_at = COALESCE((SELECT MAX(b.taken_at) FROM exchange_batch b WHERE b.kind = 'snapshot' AND b.status = 'delivered' AND b.source = sighting.source), seen_at) WHERE seen_at = '9999-12-31T23:59:59.999999Z';

GO

UPDATE claim SET absent_at = (SELECT MAX(b.taken_at) FROM exchange_batch b WHERE b.kind = 'snapshot' AND b.status = 'delivered' AND b.source = claim.source) WHERE claim.seen_at < (SELECT MAX(b.taken_at) FROM exchange_batch b WHERE b.kind = 'snapshot' AND b.status = 'delivered' AND b.source = claim.source) AND EXISTS (SELECT 1 FROM sighting s WHERE s.record = claim.record AND s.source = claim.source AND s.seen_at < (SELECT MAX(b.taken_at) FROM exchange_batch b WHERE b.kind = 'snapshot' AND b.status = 'delivered' AND b.source = claim.source));

GO

DELETE FROM sighting WHERE EXISTS (SELECT 1 FROM claim c WHERE c.record = sighting.record AND c.source = sighting.source AND c.seen_at >= sighting.seen_at);

GO

DROP INDEX finding_seen_by_batch ON finding_seen;

GO

DROP INDEX finding_seen_by_finder ON finding_seen;

GO

DROP INDEX finding_seen_by_subject ON finding_seen;

GO

EXEC sp_rename 'finding', finding_state;

GO

EXEC sp_rename 'finding_seen', finding_sight;

GO

CREATE INDEX finding_sight_by_batch ON finding_sight (source, day);

GO

CREATE INDEX finding_sight_by_finder ON finding_sight (found_by);

GO

CREATE INDEX finding_sight_by_subject ON finding_sight (subject);

GO

ALTER TABLE finding_state ADD beginning INTEGER NOT NULL DEFAULT '0';

GO

ALTER TABLE finding_state ADD read_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '';

GO

UPDATE finding_state SET read_at = judged_at;

GO

declare @const_name varchar(256)
select @const_name = QUOTENAME([name]) from sys.default_constraints
where parent_object_id = object_id('finding_state')
and col_name(parent_object_id, parent_column_id) = 'platform_holds'
exec('alter table finding_state drop constraint ' + @const_name);

GO

declare @const_name varchar(256)
select @const_name = QUOTENAME([name]) from sys.check_constraints
where parent_object_id = object_id('finding_state')
and col_name(parent_object_id, parent_column_id) = 'platform_holds'
exec('alter table finding_state drop constraint ' + @const_name);

GO

ALTER TABLE finding_state DROP COLUMN platform_holds;

GO

ALTER TABLE finding_sight ADD beginning INTEGER NOT NULL DEFAULT '0';

GO

ALTER TABLE finding_sight ADD read_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '';

GO

UPDATE finding_sight SET read_at = judged_at;

GO

declare @const_name varchar(256)
select @const_name = QUOTENAME([name]) from sys.default_constraints
where parent_object_id = object_id('finding_sight')
and col_name(parent_object_id, parent_column_id) = 'platform_holds'
exec('alter table finding_sight drop constraint ' + @const_name);

GO

declare @const_name varchar(256)
select @const_name = QUOTENAME([name]) from sys.check_constraints
where parent_object_id = object_id('finding_sight')
and col_name(parent_object_id, parent_column_id) = 'platform_holds'
exec('alter table finding_sight drop constraint ' + @const_name);

GO

ALTER TABLE finding_sight DROP COLUMN platform_holds;

GO

ALTER TABLE finding_state ADD day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '';

GO

UPDATE finding_state SET day = last_day;

GO

-- 0004 The ledger names the verdict that was delivered, and through it what the batch was made from; of older runs it names none.
ALTER TABLE exchange_batch ADD verdict_digest NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '';

GO

-- 0005 The ledger says what the report took, and finds the batches of a day by it.
ALTER TABLE exchange_batch ADD report_seconds DOUBLE PRECISION NULL;

GO

CREATE INDEX exchange_batch_by_day ON exchange_batch (day);

GO

-- 0006 A key is asked for with its source, so one index leads to both: without it a database may read all rows of the source.
DROP INDEX claim_by_source ON claim;

GO

DROP INDEX ending_by_source ON ending;

GO

DROP INDEX claim_by_place ON claim;

GO

CREATE INDEX claim_by_place ON claim (source, locator);

GO

DROP INDEX claim_history_by_place ON claim_history;

GO

CREATE INDEX claim_history_by_place ON claim_history (source, locator);

GO

DROP INDEX former_key_by_place ON former_key;

GO

CREATE INDEX former_key_by_place ON former_key (source, locator);

GO

DROP INDEX ending_by_place ON ending;

GO

CREATE INDEX ending_by_place ON ending (source, locator);

GO

-- 0007 What was purged is accounted for: what, of which source and days, how much, when, and under which declared age.
CREATE TABLE purge (
    id INTEGER NOT NULL IDENTITY,
    source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    what NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    kept_days INTEGER NOT NULL,
    first_day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    last_day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    items BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    begun_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    ended_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
    PRIMARY KEY (id)
);

GO

-- 0008 The days that the ledger covers are kept as intervals, and open findings are indexed, so that a night need not read a year.
CREATE TABLE coverage (
    source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    first_day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    last_day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
    reached BIT NOT NULL,
    PRIMARY KEY (source, first_day)
);

GO

CREATE INDEX finding_state_open_by_source ON finding_state (source, [open]) WHERE [open] = 1;

GO

CREATE INDEX finding_state_open_by_rule ON finding_state ([rule], [open], subject) WHERE [open] = 1;

GO

-- 0009 The ledger keeps who ran a batch, where, with which program and declaration; the audit keeps who looked at licences.
ALTER TABLE exchange_batch ADD ran_by NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '';

GO

ALTER TABLE exchange_batch ADD host NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '';

GO

ALTER TABLE exchange_batch ADD program NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '';

GO

ALTER TABLE exchange_batch ADD declaration NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '';

GO

CREATE TABLE audit (
    id INTEGER NOT NULL IDENTITY,
    at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
    ran_by NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    host NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    program NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
    action NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
    subject NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    PRIMARY KEY (id)
);

GO

CREATE INDEX audit_by_time ON audit (at);

GO
