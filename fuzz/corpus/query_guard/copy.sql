COPY usage TO 'x.csv'
