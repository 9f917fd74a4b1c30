-- What format 5 has beside format 4: notices that are owed are found by their flow. They hold its days back.
CREATE INDEX notice_owed ON notice (flow) WHERE outcome = 0;
